import InkFormats

/// Sanitised text in rows of whole words; a word that is longer than a row is broken.
func wordWrapped(_ text: String, columns: Int) -> [String] {
    var (rows, width): ([String], Int) = ([], 0)
    for word in text.split(separator: " ") {
        let wordWidth = CharacterWidth.columns(of: String(word))
        if !rows.isEmpty, width + 1 + wordWidth <= columns {
            rows[rows.count - 1] += " " + word
            width += 1 + wordWidth
            continue
        }
        (rows, width) = (rows + [""], 0)
        for character in word {
            let characterWidth = CharacterWidth.columns(of: String(character))
            if width > 0, width + characterWidth > columns { (rows, width) = (rows + [""], 0) }
            rows[rows.count - 1].append(character)
            width += characterWidth
        }
    }
    return rows
}
