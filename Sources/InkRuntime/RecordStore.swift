import InkSession

/// Where a driver keeps what its node wants kept; a database in the executable, anything in an embedding program.
public protocol RecordStore: Sendable {
    /// Commits `records` in this order, nothing before what was given earlier, and tells the outcome once, on any thread.
    ///
    /// Success means that a crash, even of the machine, does not take them back.
    func persist(_ records: [StoreRecord], completion: @escaping @Sendable (Result<Void, any Error>) -> Void)
}
