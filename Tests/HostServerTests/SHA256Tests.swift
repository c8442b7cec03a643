import Testing

@testable import HostServer

@Suite("SHA-256")
struct SHA256Tests {
    @Test("digests are those of FIPS 180-4's examples", arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    ])
    func examples(message: String, digest: String) {
        let hex = SHA256.digest(message.utf8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == digest)
    }

    @Test("every length around the padding's edge is padded right")
    func padding() {
        let lengths = [55, 56, 57, 63, 64, 65, 1000]
        let first = lengths.map { SHA256.digest(repeatElement(UInt8(ascii: "a"), count: $0))[0] }
        #expect(first == [0x9f, 0xb3, 0xf1, 0x7d, 0xff, 0x63, 0x41])
    }
}
