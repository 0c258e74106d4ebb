import ArgumentParser
import InkBoard
import InkPrimitives

/// A role by its word.
struct RoleArgument: ExpressibleByArgument {
    let role: Role

    init(_ role: Role) { self.role = role }

    init?(argument: String) {
        guard let role = Role(word: argument) else { return nil }
        self.role = role
    }

    static let allValueStrings = Role.allCases.map { "\($0)" }
}

/// Who gets which role: `WHO=ROLE`. A name may hold `=`, a role does not.
struct RoleGift: ExpressibleByArgument {
    let who: String
    let role: Role

    init?(argument: String) {
        guard let equals = argument.lastIndex(of: "="), let role = Role(word: String(argument[argument.index(after: equals)...])),
            equals > argument.startIndex
        else { return nil }
        (who, self.role) = (String(argument[..<equals]), role)
    }
}

/// How long an invite is good: a whole number of seconds, minutes, hours or days, as `90s`, `10m`, `2h`, `7d`.
struct InviteSpanArgument: ExpressibleByArgument {
    /// At least 1, at most `Limits.inviteCount`.
    let seconds: UInt32

    init?(argument: String) {
        let digits = argument.dropLast()
        guard let unit = argument.last, let scale = Self.units[unit], digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let count = UInt32(digits), count > 0, count <= Limits.inviteCount / scale
        else { return nil }
        seconds = count * scale
    }

    private static let units: [Character: UInt32] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
}
