import Foundation
import HostCore
import HostHTTP
import Support
import Synchronization

@testable import HostHub

/// A hub in memory: lists, ranges and redirects as Hugging Face's, and whatever a test wants to go wrong.
final class FakeHub: HubTransport {
    struct Repository: Sendable {
        var files: [(path: String, content: [UInt8])] = []
        /// Files whose list entry has an LFS checksum; others have Git's.
        var isLarge: @Sendable (String) -> Bool = { path in [".pth", ".safetensors", ".bin"].contains { path.hasSuffix($0) } }
    }

    struct Answer: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        var body: [UInt8] = []
        /// The connection breaks after this many bytes.
        var cutAfter: Int?
        var failure: TransportFailure?

        init(status: Int = 200, _ headers: [(String, String)] = [], _ body: [UInt8] = []) {
            (self.status, self.headers, self.body) = (status, headers, body)
        }
    }

    struct Seen: Sendable {
        let path: String
        let address: HubAddress
        let headers: HTTPHeaders
        var range: String? { headers["Range"] }
        var token: String? { headers["Authorization"] }
    }

    static let commit = String(repeating: "c0ffee00", count: 5)

    private let repositories: [String: Repository]
    private let seen = Mutex<[Seen]>([])
    /// What is answered instead of the truth: by the request, the answer as it would be, and how often that path was asked
    /// for before.
    let change: @Sendable (Seen, Answer, Int) -> Answer

    init(
        _ repositories: [String: Repository],
        change: @escaping @Sendable (Seen, Answer, Int) -> Answer = { _, answer, _ in answer }
    ) {
        self.repositories = repositories
        self.change = change
    }

    convenience init(
        _ name: String, _ files: [(String, [UInt8])],
        change: @escaping @Sendable (Seen, Answer, Int) -> Answer = { _, answer, _ in answer }
    ) {
        self.init([name: Repository(files: files)], change: change)
    }

    var requests: [Seen] { seen.withLock { $0 } }

    /// How often files were asked for, lists left out.
    var fileRequests: [Seen] { requests.filter { $0.path.contains("/resolve/") } }

    func get(_ request: HubRequest, to receiver: any HubReceiver) throws(TransportFailure) {
        if receiver.isCancelled { throw TransportFailure(.cancelled, "cancelled") }
        let url = URL(string: request.address.text)
        let path = (url?.path(percentEncoded: false) ?? "") + (url?.query().map { "?\($0)" } ?? "")
        let entry = Seen(path: path, address: request.address, headers: request.headers)
        let before = seen.withLock { seen in
            defer { seen.append(entry) }
            return seen.count { $0.path == path }
        }
        let answer = change(entry, truth(entry), before)
        if let failure = answer.failure { throw failure }
        guard receiver.begin(HubHead(status: answer.status, headers: HTTPHeaders(answer.headers))) else { return }
        for start in stride(from: 0, to: answer.body.count, by: 1000) {
            let end = min(start + 1000, answer.body.count, answer.cutAfter ?? .max)
            if start < end, !receiver.take(Array(answer.body[start..<end])) { return }
            if end == answer.cutAfter { throw TransportFailure(.passing, "cut") }
            if receiver.isCancelled { throw TransportFailure(.cancelled, "cancelled") }
        }
    }

    private func truth(_ request: Seen) -> Answer {
        for (name, repository) in repositories {
            let (kind, path) = name.hasPrefix("spaces/") ? ("spaces", String(name.dropFirst(7))) : ("models", name)
            if request.path.hasPrefix("/api/\(kind)/\(path)/revision/") {
                return Answer([("Content-Type", "application/json")], Array(listing(repository).utf8))
            }
            let prefix = (kind == "spaces" ? "/spaces" : "") + "/\(path)/resolve/\(FakeHub.commit)/"
            guard request.path.hasPrefix(prefix) else { continue }
            let file = request.path.dropFirst(prefix.count)
            guard let content = repository.files.first(where: { $0.path == file })?.content else { break }
            return FakeHub.part(of: content, request.range)
        }
        return Answer(status: 404)
    }

    static func part(of content: [UInt8], _ range: String?) -> Answer {
        guard let range, let start = Int(range.dropFirst("bytes=".count).dropLast()) else {
            return Answer([("Content-Length", String(content.count))], content)
        }
        guard start < content.count else { return Answer(status: 416) }
        let total = content.count
        return Answer(
            status: 206, [("Content-Length", String(total - start)), ("Content-Range", "bytes \(start)-\(total - 1)/\(total)")],
            Array(content[start...]))
    }

    private func listing(_ repository: Repository) -> String {
        let files: [JSONValue] = repository.files.map { path, content in
            var entry: [(String, JSONValue)] = [("rfilename", .string(path)), ("size", .integer(content.count))]
            if repository.isLarge(path) {
                entry.append(("blobId", .string(String(repeating: "b", count: 40))))
                entry.append(
                    (
                        "lfs",
                        [
                            "sha256": .string(SHA256.hexadecimal(SHA256.digest(of: content))), "size": .integer(content.count),
                            "pointerSize": 134,
                        ]
                    ))
            } else {
                let blob = SHA1.hash(Array("blob \(content.count)".utf8) + [0] + content)
                entry.append(("blobId", .string(SHA256.hexadecimal(blob))))
            }
            return .object(JSONObject(entry))
        }
        let value: JSONValue = ["id": "x/y", "sha": .string(FakeHub.commit), "siblings": .array(files)]
        return value.encoded()
    }
}

extension Hub {
    /// A hub in memory and a folder, without pauses.
    init(_ fake: FakeHub, _ folder: TemporaryFolder, environment: [String: String] = [:]) {
        self.init(modelFolder: folder.path + "/models", environment: environment)
        openTransport = { () throws(HubError) in fake }
        freeBytes = { _ in 1 << 40 }
        pause = { _, _ in }
    }

    /// Runs an order to its end on this thread.
    func run(
        _ order: PullOrder, cancellation: CancelFlag = CancelFlag(), seeing: (PullStatus) -> Void = { _ in }
    ) -> PullStatus {
        var last = PullStatus(id: "x", order: order)
        withoutActuallyEscaping(seeing) { seeing in
            Pull(id: "x", order, hub: self, cancellation: cancellation) { status in
                last = status
                seeing(status)
            }.run()
        }
        return last
    }

    func run(_ text: String, _ files: [String] = []) throws -> PullStatus { run(try PullOrder(text, files: files)) }
}

extension TemporaryFolder {
    /// Every file below `models`, by its path there.
    func models() throws -> [String: [UInt8]] {
        let root = path + "/models"
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? []
        var files: [String: [UInt8]] = [:]
        for name in names {
            var isFolder: ObjCBool = false
            let isThere = unsafe FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder)
            guard isThere, !isFolder.boolValue else { continue }
            files[name] = Array(try Data(contentsOf: URL(filePath: "\(root)/\(name)")))
        }
        return files
    }
}

/// Bytes that are not all alike.
func content(_ count: Int, seed: Int = 1) -> [UInt8] {
    var state = UInt32(truncatingIfNeeded: seed &* 2_654_435_761)
    return (0..<count).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(state >> 24)
    }
}
