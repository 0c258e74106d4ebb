import ArgumentParser
import InkBoard
import InkFrontEnd
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
    static let defaultCompletionKind = CompletionKind.list(allValueStrings)
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

/// A span of time, as how long an invite is good: a whole number of seconds, minutes, hours or days, as `90s`, `10m`, `2h`, `7d` (CL-326).
struct InviteSpanArgument: ExpressibleByArgument {
    /// At least 1, at most `Limits.inviteCount`.
    let seconds: UInt32

    init?(argument: String) {
        guard let seconds = TypedSpan.seconds(argument) else { return nil }
        self.seconds = seconds
    }
}
