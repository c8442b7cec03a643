import HostCore
import HostFiles

/// Copies of the page's conversations, a file each; only a client that has seen what a copy is now may change it.
struct ChatFolder: Sendable {
    struct Entry: Sendable {
        var id: String
        /// Of the file; another one as soon as a byte of it is.
        var revision: String
        var chat: JSONObject
    }

    private static let suffix = ".json"
    private static let maximumName = 64
    private static let maximumBytes = 32 << 20
    static let maximumCount = 10_000

    private let folder: String

    /// - Throws: 404 where this host keeps no copies.
    init(_ configuration: HostServerConfiguration) throws(APIError) {
        guard let folder = configuration.chatFolder else {
            throw APIError(
                status: 404, message: "This host keeps no conversations; start it with --chat-dir FOLDER.", code: "no_chats")
        }
        self.folder = folder
    }

    /// What there is, without the messages; what cannot be read is left out.
    func list() -> [Entry] {
        FolderEntry.all(in: folder).filter { $0.kind == .file && $0.name.hasSuffix(Self.suffix) }
            .sorted { $0.modified > $1.modified }
            .compactMap { file in
                var found = try? entry(String(file.name.dropLast(Self.suffix.count)))
                found?.chat["messages"] = nil
                return found
            }
    }

    func entry(_ id: String) throws(APIError) -> Entry? {
        let name = try Self.fileName(id)
        guard FolderEntry("\(folder)/\(name)")?.kind == .file else { return nil }
        do {
            let bytes = try PlainFile(name, in: folder).bytes(atMost: Self.maximumBytes)
            guard let chat = try JSONValue(parsing: bytes).objectValue else { throw APIError.damaged(id) }
            return Entry(id: id, revision: Self.revision(of: bytes), chat: chat)
        } catch {
            throw APIError.damaged(id)
        }
    }

    /// - Throws: 413 for a conversation that is too large to be kept.
    static func encoded(_ chat: JSONObject) throws(APIError) -> [UInt8] {
        let bytes = JSONValue.object(chat).encodedBytes(.compact)
        guard bytes.count <= maximumBytes else {
            throw APIError(
                status: 413, message: "The conversation has \(bytes.count) bytes; at most \(maximumBytes) are kept.",
                code: "too_large")
        }
        return bytes
    }

    /// - Parameters:
    ///   - revision: of what is there; nil where nothing is.
    ///   - isCopy: whether it replaces whatever is there, since the caller has made sure that nothing is lost.
    /// - Throws: 409 where something else is there.
    func put(_ id: String, _ chat: JSONObject, revision: String?, isCopy: Bool = false) throws(APIError) -> String {
        let name = try Self.fileName(id), bytes = try Self.encoded(chat)
        try whileLocked { () throws(APIError) in
            if !isCopy {
                try check(id, revision)
                if revision == nil, FolderEntry.all(in: folder).count >= Self.maximumCount { throw APIError.tooManyChats }
            }
            do throws(FileError) {
                try PrivateFile.write(bytes, to: "\(folder)/\(name)")
            } catch {
                throw APIError.failed(error)
            }
        }
        return Self.revision(of: bytes)
    }

    func delete(_ id: String, revision: String?) throws(APIError) {
        let name = try Self.fileName(id)
        try whileLocked { () throws(APIError) in
            if let revision { try check(id, revision) }
            do throws(FileError) { try PrivateFile.remove("\(folder)/\(name)") } catch { throw APIError.failed(error) }
        }
    }

    private func check(_ id: String, _ revision: String?) throws(APIError) {
        let now = try entry(id)?.revision
        if now != revision { throw APIError.conflict(now, revision) }
    }

    private func whileLocked(_ act: () throws(APIError) -> Void) throws(APIError) {
        do throws(FileError) { try PrivateFile.makeSure(ofFolder: folder) } catch { throw APIError.failed(error) }
        guard let lock = FolderLock(folder) else {
            throw APIError(
                status: 503, message: "The folder of the conversations is in use; try again.", code: "busy", retryAfter: 1)
        }
        defer { withExtendedLifetime(lock) {} }
        try act()
    }

    static func revision(of bytes: [UInt8]) -> String {
        String(SHA256.hexadecimal(SHA256.digest(of: bytes)).prefix(16))
    }

    /// - Throws: 400 for what no conversation is called.
    static func check(_ id: String) throws(APIError) { _ = try fileName(id) }

    private static func fileName(_ id: String) throws(APIError) -> String {
        let isPlain = id.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "-")
        }
        guard isPlain, (1...maximumName).contains(id.utf8.count) else {
            throw APIError.invalid("id", "id must have 1 to \(maximumName) letters, digits and dashes.")
        }
        return id + suffix
    }
}

extension APIError {
    static let tooManyChats = APIError(
        status: 507, message: "The host keeps \(ChatFolder.maximumCount) conversations already; delete some.", code: "too_many_chats")

    static func conflict(_ now: String?, _ revision: String?) -> APIError {
        APIError(
            status: 409,
            message: "The host's copy of this conversation is \(now ?? "not there"), not \(revision ?? "absent"): "
                + "it has been changed meanwhile. Read it again, and keep both or one of the two.",
            code: "revision_conflict")
    }

    fileprivate static func damaged(_ id: String) -> APIError {
        APIError(
            status: 500, message: "The host's copy of the conversation \(id) is damaged; it stays as it is.", code: "damaged_chat")
    }

    fileprivate static func failed(_ error: FileError) -> APIError {
        APIError(status: 500, message: "The conversation could not be kept: \(error.problem).", code: "not_kept")
    }
}
