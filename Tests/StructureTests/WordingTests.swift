import Foundation
import Support
import Testing

/// Turns of phrase that a native engineer does not use, as they have crept into this project before.
@Suite("The wording of the project")
struct WordingTests {
    /// Expressions, and what to write instead.
    private static let tics = [
        (#"\bso many (bytes|tokens|lines|rows|numbers|times|elements|seconds)\b"#, "this many"),
        (#"\bof whom\b"#, "of which, or whose"),
        (#"\b[Tt](ells?|old) apart\b"#, "distinguish"),
        (#"\b[Ww]hoever\b"#, "the thread, the client or the code that does"),
        (#"\bnobody (waits|reads|wants|uses|asks|knows|watches)\b"#, "the passive: is not read, is unused"),
        (#"\b(is|are|was|were|been|be) told\b|/// Told\b"#, "is given, is logged, is sent"),
        (#"/// Tells\b|\b[Ww]hat tells\b"#, "reports, signals, distinguishes"),
        (#"\bin its stead\b"#, "instead"),
        (#"\bto be had\b"#, "available"),
        (#"\bfor want of\b"#, "without, or when it runs out"),
        (#"\blet be\b"#, "left alone"),
        (#"\bgoes only with\b"#, "requires"),
        (#"\bis none of (these|those)\b"#, "is not one of these"),
        (
            #"(?<![Tt]here )\b(is|are|was|were) no (JSON|UTF-8|name|number|text|file|folder|checkpoint|matrix|power|valid|RWKV|Jinja)\b"#,
            "is not"
        ),
    ]

    @Test("neither errors nor comments have the known tics", arguments: ["Sources", "extensions", "README.md"])
    func tics(place: String) throws {
        for (path, text) in try Self.texts(below: place) {
            for (tic, better) in Self.tics {
                guard let found = text.range(of: tic, options: .regularExpression) else { continue }
                let line = text[..<found.lowerBound].count { $0 == "\n" } + 1
                Issue.record("\(path):\(line) says \"\(text[found])\"; better: \(better)")
            }
        }
    }

    private static func texts(below path: String) throws -> [(String, String)] {
        let place = Fixture.root.appending(path: path).path(percentEncoded: false)
        let suffixes: Set = ["swift", "md", "c", "h", "inc", "cu", "js", "html", "py"]
        guard !path.contains(".") else { return [(path, try String(contentsOfFile: place, encoding: .utf8))] }
        return try FileManager.default.subpathsOfDirectory(atPath: place).sorted().compactMap { file in
            guard suffixes.contains((file as NSString).pathExtension) else { return nil }
            return ("\(path)/\(file)", try String(contentsOfFile: "\(place)/\(file)", encoding: .utf8))
        }
    }
}
