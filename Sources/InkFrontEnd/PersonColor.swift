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

    /// A colour as thin lines have it: blue and vermilion are too dark on dark paper (contrast 5.9 and 6.7 on #101014 instead).
    package static func ink(_ color: Color, onDark isDark: Bool) -> Color {
        guard isDark else { return color }
        switch color.rgb {
        case 0x0072B2: return Color(rgb: 0x5B8DEF)
        case 0xD55E00: return Color(rgb: 0xF0783C)
        default: return color
        }
    }

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
