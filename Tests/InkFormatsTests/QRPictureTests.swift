import InkFormats
import Testing

@Suite struct QRPictureTests {
    /// Dark corners and a light cross.
    private static let small: [Bool] = [true, false, true, false, false, false, true, false, true]

    @Test func `TM-297: light is what is drawn, with a margin, and every row is as wide`() throws {
        let picture = try #require(QRPicture(modules: Self.small))
        let rows = try #require(picture.rows(columns: 100, rows: 100, style: .unicode))
        #expect(rows.count == 6 && rows.allSatisfy { $0.count == 11 })
        // Four rows of margin are two of cells; then the first row of modules and the second.
        #expect(rows[..<2].allSatisfy { $0 == String(repeating: "█", count: 11) })
        #expect(rows[2] == "████▄█▄████" && rows[3] == rows[2])
        // Below the last row there is paper.
        #expect(rows[5] == String(repeating: "▀", count: 11))
        let ascii = try #require(picture.rows(columns: 100, rows: 100, style: .ascii))
        #expect(ascii.count == 11 && ascii[4] == String(repeating: "##", count: 4) + "  ##  " + String(repeating: "##", count: 4))
    }

    @Test func `TM-438: a window that has no room for the whole margin has half of it, or there is no picture`() throws {
        let picture = try #require(QRPicture(modules: Self.small))
        #expect(picture.rows(columns: 11, rows: 6, style: .unicode)?.count == 6)
        #expect(picture.rows(columns: 10, rows: 6, style: .unicode)?.first?.count == 7)
        #expect(picture.rows(columns: 7, rows: 4, style: .unicode)?.count == 4)
        #expect(picture.rows(columns: 6, rows: 40, style: .unicode) == nil && picture.rows(columns: 40, rows: 3, style: .unicode) == nil)
        #expect(picture.least(.unicode) == (7, 4) && picture.least(.ascii) == (14, 7))
        #expect(QRPicture(modules: []) == nil && QRPicture(modules: [true, false]) == nil)
    }
}
