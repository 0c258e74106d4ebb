import InkTransport

/// What this program is, as `--version` says it.
enum ProgramVersion {
    static let number = "0.3.0"

    static let short = "inkwire \(number)"

    /// With the commit that it was built from, where the build told it, and the protocol by which programs find out whether they can speak (CL-236).
    static var full: String { "\(short) (\(buildCommit.map { "commit \($0), " } ?? "")protocol \(Endpoint.version))" }
}
