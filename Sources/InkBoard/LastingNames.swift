import InkCrypto
import InkPrimitives

/// What files call shapes: a name that a board makes of itself alone, and that a shape which is made from the file keeps on another board (BD-70).
///
/// A shape is called by its label where no other has that; else by `~` and ten letters of the hash of its id (BD-155). Who makes a shape from a file
/// gives it the name as its label, and so it is called the same again.
package struct LastingNames: Sendable {
    private var names: [ShapeID: String] = [:]
    private var shapes: [String: ShapeID] = [:]
    /// What shapes without a label of their own would be called, ascending by ids.
    private var others: [String: [ShapeID]] = [:]

    /// - Parameter shapes: all that stand, in any order.
    package init(_ shapes: [Shape]) {
        let shapes = shapes.sorted { $0.id < $1.id }
        var makers: [String: ShapeID] = [:]
        var made: [ShapeID: String] = [:]
        for shape in shapes {
            var salt: UInt8 = 0
            var name = Self.made(of: shape.id, salt)
            // Fifty bits are met twice by who searches for it; whoever comes later in the order of ids has another.
            while makers[name] != nil, salt < .max {
                salt += 1
                name = Self.made(of: shape.id, salt)
            }
            (makers[name], made[shape.id]) = (shape.id, name)
        }
        var uses: [String: Int] = [:]
        for shape in shapes { uses[shape.content.label, default: 0] += 1 }
        for shape in shapes {
            let label = shape.content.label
            // A label that reads like what another is called without one would take its name away.
            if !label.isEmpty { others[label, default: []].append(shape.id) }
            if let name = made[shape.id] { others[name, default: []].insert(shape.id, at: 0) }
            let isOwn = !label.isEmpty && uses[label] == 1 && makers[label].map { $0 == shape.id } ?? true
            guard let name = isOwn ? label : made[shape.id] else { continue }
            (names[shape.id], self.shapes[name]) = (name, shape.id)
        }
    }

    /// What a shape is called; nil for one that does not stand.
    package subscript(id: ShapeID) -> String? { names[id] }

    /// The shape of that name; nil for none.
    package func shape(_ name: String) -> ShapeID? { shapes[name] }

    /// The shapes that a file may mean by a name that none has now: another got its label since, or lost it.
    package func shapes(onceCalled name: String) -> [ShapeID] { others[name] ?? [] }

    private static func made(of id: ShapeID, _ salt: UInt8) -> String {
        var writer = ByteWriter(capacity: 41)
        writer.write(id.author)
        writer.write(id.number)
        writer.write(salt)
        var bits = Blake2b.hash256(writer.bytes).prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        var name = "~"
        for _ in 0..<10 {
            name.unicodeScalars.append(alphabet[Int(bits >> 59)])
            bits <<= 5
        }
        return name
    }

    /// Digits and letters without those that are taken for others (Crockford's base 32).
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".unicodeScalars)
}
