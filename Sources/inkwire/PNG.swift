import InkFormats
import InkPrimitives

/// A picture as PNG, drawn from its SVG by `rsvg-convert` of librsvg: a process of its own, so that nobody who writes no PNG pays for it, and what breaks in
/// it breaks alone.
enum PNG {
    private static let program = "rsvg-convert"
    /// Greatest picture: 256 MB while it is drawn.
    private static let pixelsMax = 64_000_000.0

    static func bytes(of svg: SVG) throws -> [UInt8] {
        guard svg.width * svg.height <= pixelsMax else {
            throw Failure.usage(
                "the picture cannot be drawn", why: "it is \(Int(svg.width)) by \(Int(svg.height)) px, and at most 64 million are drawn",
                next: "choose a part with --region, or a smaller --scale")
        }
        return try PictureProgram(name: program, debian: "librsvg2-bin", homebrew: "librsvg").run(
            ["--format", "png"], on: Array(svg.text.utf8))
    }
}
