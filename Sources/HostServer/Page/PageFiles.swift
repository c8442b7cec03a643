import CHostPage
import HostCore
import HostFiles

/// One file of the page with what distinguishes it from other versions of itself.
struct PageFile: Sendable {
    let bytes: [UInt8]
    let tag: String

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        tag = "\"\(SHA256.hexadecimal(SHA256.digest(of: bytes)).prefix(16))\""
    }
}

/// The files of the page: those in the binary, or those of a folder while a developer works on them.
struct PageFiles: Sendable {
    /// As they were when this program was built, by their paths below `Sources/CHostPage/files`.
    static let embedded: [String: PageFile] = {
        var count = 0
        let first = unsafe page_files(&count)
        let files = unsafe UnsafeBufferPointer(start: first, count: count).map { file in
            let bytes = unsafe [UInt8](UnsafeBufferPointer(start: file.bytes, count: file.byteCount))
            return unsafe (String(cString: file.path), PageFile(bytes))
        }
        return Dictionary(files) { first, _ in first }
    }()

    /// What a file may be, by the end of its name.
    static let types = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    ]

    private static let maximumBytes = 1 << 20

    /// Read at each request; nil for the files in the binary.
    let folder: String?

    /// A file and its type; nil where there is none of that name, or the name is not one that a file of the page can have.
    func file(_ path: String) -> (file: PageFile, type: String)? {
        guard let type = Self.type(of: path) else { return nil }
        guard let folder else { return Self.embedded[path].map { ($0, type) } }
        guard let bytes = try? PlainFile(path, in: folder).bytes(atMost: Self.maximumBytes) else { return nil }
        return (PageFile(bytes), type)
    }

    /// Names are words of letters, digits and hyphens in at most one folder, so none leads anywhere else.
    private static func type(of path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, parts.count <= 2, parts.dropLast().allSatisfy(isWord) else { return nil }
        let halves = name.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count == 2, isWord(halves[0]) else { return nil }
        return types[String(halves[1])]
    }

    private static func isWord(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "-")
            }
    }
}
