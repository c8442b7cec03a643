import Testing

@testable import HostHTTP

@Suite("Names on a network")
struct NetworkNameTests {
    @Test(
        "an address in numbers is told from a name",
        arguments: [
            ("127.0.0.1", true), ("0.0.0.0", true), ("::1", true), ("[2001:db8::1]", true), ("fe80::1%eth0", true),
            ("[fe80::1%25eth0]", true), ("::ffff:10.0.0.1", true), ("", false), ("[]", false), ("[127.0.0.1]", false),
            ("127.1", false), ("256.0.0.1", false), ("1.2.3.4.5", false), ("127.0.0.1%eth0", false), ("box", false),
            ("1.2.3.4.example", false), ("[::1", false), ("%", false), ("[%]", false),
        ])
    func addresses(_ text: String, _ isAddress: Bool) {
        #expect(NetworkName.isAddress(text) == isAddress)
    }

    @Test("this machine has a name")
    func machine() {
        #expect(NetworkName.ofThisMachine?.isEmpty == false)
    }
}
