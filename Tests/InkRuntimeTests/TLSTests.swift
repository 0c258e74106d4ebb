import InkPrimitives
import Testing

@testable import InkRuntime

@Suite struct TLSTests {
    /// 2026-11-27, and a certificate of 2026-11-01 to 2027-02-01.
    private let now: Int64 = 1_795_737_600
    private let validity: ClosedRange<Int64> = 1_793_491_200...1_801_440_000

    @Test func `RT-149: a clock of 1970 is told as that, whatever the certificate is`() {
        for validity in [validity, 0...1, nil] {
            #expect(TLSTrust.refusal(validity: validity, now: 86_400).hasPrefix("the clock of this machine says 1970"))
        }
        #expect(TLSTrust.refusal(validity: validity, now: 1_735_689_599).hasPrefix("the clock of this machine says 2024"))
    }

    @Test func `RT-149: a certificate that is not valid is told apart from a clock that is years off`() {
        let year: Int64 = 365 * 86_400
        #expect(TLSTrust.refusal(validity: validity, now: validity.upperBound + 1) == "its certificate ran out on 2027-02-01")
        #expect(
            TLSTrust.refusal(validity: validity, now: validity.lowerBound - 86_400).hasPrefix("its certificate is valid from 2026-11-01"))
        #expect(TLSTrust.refusal(validity: (now + 3 * year)...(now + 4 * year), now: now).hasSuffix("set the clock"))
        #expect(TLSTrust.refusal(validity: validity, now: now + 10 * year).contains("the clock of this machine, which says 2036-"))
        #expect(TLSTrust.refusal(validity: validity, now: now).hasPrefix("nobody whom this machine trusts"))
        #expect(TLSTrust.refusal(validity: nil, now: now).hasPrefix("nobody whom this machine trusts"))
    }

    @Test func `RT-35: a list of authorities that cannot be read is refused before anything is dialled`() {
        let missing = #expect(throws: TLSFileError.self) { _ = try TLSTrust(file: "/nonexistent/ca.pem") }
        #expect(missing?.description == "/nonexistent/ca.pem cannot be read: No such file or directory")
        let empty = #expect(throws: TLSFileError.self) { _ = try TLSTrust(file: "/dev/null") }
        #expect(empty?.description == "/dev/null holds no certificate in PEM")
    }
}
