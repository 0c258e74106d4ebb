import InkBoard
import InkFrontEnd

/// How many colours the terminal shows.
public enum ColorDepth: String, CaseIterable, Hashable, Sendable {
    case none = "never"
    case sixteen = "16"
    case indexed = "256"
    case direct = "truecolor"

    /// The depth that the environment promises (§2.8 of the interaction notes): NO_COLOR, then COLORTERM, then TERM (TM-5).
    public init(environment: [String: String]) {
        let terminal = environment["TERM"] ?? ""
        if environment["NO_COLOR"].map({ !$0.isEmpty }) ?? false {
            self = .none
        } else if ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "") || terminal.hasSuffix("-direct") {
            self = .direct
        } else if terminal.contains("256color") {
            self = .indexed
        } else {
            self = .sixteen
        }
    }

    /// The SGR parameter that selects a colour, or the reader's own for nil.
    func parameter(_ color: Color?, isBackground: Bool) -> String {
        guard let color else { return isBackground ? "49" : "39" }
        switch self {
        case .none: return ""
        case .direct: return "\(isBackground ? 48 : 38);2;\(color.rgb >> 16);\(color.rgb >> 8 & 255);\(color.rgb & 255)"
        case .indexed: return "\(isBackground ? 48 : 38);5;\(Self.index256(color))"
        case .sixteen:
            let index = isBackground ? Self.chip16(color) : Self.index16(color)
            return "\(index < 8 ? (isBackground ? 40 : 30) + index : (isBackground ? 92 : 82) + index)"
        }
    }

    /// The nearest of the 216 colours of xterm's cube and its 24 greys.
    static func index256(_ color: Color) -> Int {
        let channels = [Int(color.rgb >> 16), Int(color.rgb >> 8 & 255), Int(color.rgb & 255)]
        let levels = [0, 95, 135, 175, 215, 255]
        let cube = channels.map { value in levels.indices.min { abs(levels[$0] - value) < abs(levels[$1] - value) } ?? 0 }
        let mean = channels.reduce(0, +) / 3
        let grey = max(0, min(23, (mean - 3) / 10))
        let cubeDistance = distance(channels, cube.map { levels[$0] })
        let greyDistance = distance(channels, Array(repeating: 8 + grey * 10, count: 3))
        return greyDistance < cubeDistance ? 232 + grey : 16 + 36 * cube[0] + 6 * cube[1] + cube[2]
    }

    /// The nearest of the 16 colours as xterm shows them; the people's colours have fixed places, so that they stay apart.
    static func index16(_ color: Color) -> Int {
        if let slot = PersonColor.all.firstIndex(where: { $0.color == color || $0.ink(onDark: true) == color }) { return people16[slot] }
        if let slot = PersonColor.all.firstIndex(where: { $0.ink(onDark: false) == color }) { return onLight16[slot] }
        let channels = [Int(color.rgb >> 16), Int(color.rgb >> 8 & 255), Int(color.rgb & 255)]
        let table = [
            [0, 0, 0], [205, 0, 0], [0, 205, 0], [205, 205, 0], [0, 0, 238], [205, 0, 205], [0, 205, 205], [229, 229, 229],
            [127, 127, 127], [255, 0, 0], [0, 255, 0], [255, 255, 0], [92, 92, 255], [255, 0, 255], [0, 255, 255], [255, 255, 255],
        ]
        return table.indices.min { distance(table[$0], channels) < distance(table[$1], channels) } ?? 7
    }

    /// The same for what lies under letters: on the dark red of the 16 black letters have a contrast of 3.6 (TM-219).
    static func chip16(_ color: Color) -> Int { color == PersonColor.all[1].color ? 9 : index16(color) }

    /// Places of the people's colours among the 16, in their order; and of their inks on light paper, where the bright ones are not seen (TM-349).
    private static let people16 = [12, 1, 11, 14, 13, 3, 2]
    private static let onLight16 = [4, 1, 8, 12, 13, 9, 5]

    private static func distance(_ left: [Int], _ right: [Int]) -> Int {
        zip(left, right).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
}
