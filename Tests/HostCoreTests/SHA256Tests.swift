import HostCore
import Testing

struct SHA256Tests {
    /// - Source: NIST, "Examples with Intermediate Values" and the CAVP short-message vectors.
    static let vectors: [(message: String, repeats: Int, digest: String)] = [
        ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
        ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ]

    @Test("published messages give their published digests", arguments: vectors)
    func publishedDigest(message: String, repeats: Int, digest: String) {
        let bytes = Array(String(repeating: message, count: repeats).utf8)
        #expect(SHA256.hexadecimal(SHA256.digest(of: bytes)) == digest)
    }

    @Test("pieces of any size give the digest of the whole", arguments: [1, 3, 55, 56, 63, 64, 65, 127, 200])
    func pieces(size: Int) {
        let bytes = (0..<500).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var hash = SHA256()
        for start in stride(from: 0, to: bytes.count, by: size) {
            hash.update(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        #expect(hash.finish() == SHA256.digest(of: bytes))
    }
}
