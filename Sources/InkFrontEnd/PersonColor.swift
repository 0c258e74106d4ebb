import InkBoard

/// The colours by which people are told apart, and the pens: Okabe and Ito's, safe for the colour-blind, in the order that keeps the first
/// few farthest apart over normal, protan, deutan and tritan sight.
package struct PersonColor: Hashable, Sendable {
    package let name: String
    package let color: Color
    /// True if text on the colour is white.
    let hasLightText: Bool
    /// Tells people apart without colour.
    package let marker: Unicode.Scalar
    package let asciiMarker: Unicode.Scalar

    package var text: Color { Color(rgb: hasLightText ? 0xFFFFFF : 0) }

    /// The shade for thin lines.
    package func ink(onDark isDark: Bool) -> Color { Self.ink(color, onDark: isDark) }

    /// A colour as thin lines have it. Of ours, blue and vermilion are too dark on dark paper (contrast 5.9 and 6.7 on #101014 instead), and
    /// all are too light on white: there they have the contrasts from 4.2 to 8.2 at which those that look alike to the colour-blind are
    /// farthest apart. Any other colour that would not be seen is made lighter or darker until it has a contrast of 3 (TM-348).
    package static func ink(_ color: Color, onDark isDark: Bool) -> Color {
        if let own = all.firstIndex(where: { $0.color == color }) {
            return isDark
                ? color.rgb == 0x0072B2 ? Color(rgb: 0x5B8DEF) : color.rgb == 0xD55E00 ? Color(rgb: 0xF0783C) : color : onLight[own]
        }
        var channels = [color.rgb >> 16, color.rgb >> 8 & 255, color.rgb & 255]
        while isDark ? light(of: channels) < darkestOnDark : light(of: channels) > lightestOnLight {
            for index in channels.indices {
                channels[index] = isDark ? min(255, channels[index] + (271 - channels[index]) / 16) : channels[index] * 15 / 16
            }
        }
        return Color(rgb: channels[0] << 16 | channels[1] << 8 | channels[2])
    }

    /// White, yellow or cyan, whichever a colour is nearest to by its hue: what is seen of it at the highest contrast on black.
    package static func contrasted(_ color: Color) -> Color {
        let (red, green, blue) = (Int(color.rgb >> 16), Int(color.rgb >> 8 & 255), Int(color.rgb & 255))
        let isGrey = max(red, green, blue) - min(red, green, blue) < 64
        return Color(rgb: isGrey ? 0xFFFFFF : red > blue + 80 ? 0xFFFF00 : blue + 80 >= red && green + 30 >= red ? 0x00FFFF : 0xFFFFFF)
    }

    /// Rec. 709 luminance with a gamma of 2, 0 to 255³.
    private static func light(of channels: [UInt32]) -> UInt32 {
        channels[0] * channels[0] * 54 + channels[1] * channels[1] * 183 + channels[2] * channels[2] * 18
    }

    /// A contrast of 3 (WCAG 2.2 §1.4.11): luminance 0.112 on #101014, and 0.3 on white, with what this gamma adds to dark colours.
    private static let darkestOnDark: UInt32 = 2_330_000
    private static let lightestOnLight: UInt32 = 4_974_000

    /// In the order of all.
    private static let onLight = [0x0068A3, 0x853800, 0x857E20, 0x397CA1, 0xAC658C, 0x865B00, 0x007152].map { Color(rgb: $0) }

    /// The colour of that name, or of a word that others have for it; lower case.
    package static func named(_ word: String) -> PersonColor? {
        let name = otherNames[word] ?? word
        return all.first { $0.name == name }
    }

    /// Words that are common for a colour that is the nearest of ours.
    private static let otherNames = [
        "red": "vermilion", "vermillion": "vermilion", "scarlet": "vermilion", "cyan": "sky", "sky-blue": "sky", "skyblue": "sky",
        "lightblue": "sky", "light-blue": "sky", "magenta": "pink", "purple": "pink", "violet": "pink", "amber": "orange", "teal": "green",
    ]

    package static let all: [PersonColor] = [
        PersonColor(name: "blue", color: Color(rgb: 0x0072B2), hasLightText: true, marker: "▸", asciiMarker: ">"),
        PersonColor(name: "vermilion", color: Color(rgb: 0xD55E00), hasLightText: false, marker: "◆", asciiMarker: "*"),
        PersonColor(name: "yellow", color: Color(rgb: 0xF0E442), hasLightText: false, marker: "●", asciiMarker: "o"),
        PersonColor(name: "sky", color: Color(rgb: 0x56B4E9), hasLightText: false, marker: "■", asciiMarker: "#"),
        PersonColor(name: "pink", color: Color(rgb: 0xCC79A7), hasLightText: false, marker: "▲", asciiMarker: "^"),
        PersonColor(name: "orange", color: Color(rgb: 0xE69F00), hasLightText: false, marker: "★", asciiMarker: "+"),
        PersonColor(name: "green", color: Color(rgb: 0x009E73), hasLightText: false, marker: "✚", asciiMarker: "x"),
    ]
}
