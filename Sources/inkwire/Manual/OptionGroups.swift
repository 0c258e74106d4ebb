/// Titles of the options that commands share.
enum OptionGroups {
    static let all = "Options of all commands"
    static let terminal = "Options of what is drawn on a terminal"

    static let titles = [all, terminal]
}
