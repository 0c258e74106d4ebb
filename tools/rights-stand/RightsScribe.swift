import InkPrimitives

/// Puts the deeds of a history in writing, as signed transactions of a board, and so gives them their names.
protocol RightsScribe: AnyObject {
    /// By member; 0 is the root owner.
    var keys: [AuthorID] { get }

    /// The name of a deed that has none yet; `deeds` are those before it, by number.
    func name(_ deed: Deed, after deeds: [Deed]) -> TransactionName
}
