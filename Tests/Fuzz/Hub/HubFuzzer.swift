// The harness of libFuzzer for what a hub sends, and for how people name what they want of it.
import Foundation
import HostCore
import HostFiles
import HostHTTP

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let kind = input.first else { return 0 }
    let rest = Array(input.dropFirst())
    switch kind {
    case UInt8(ascii: "n"): checkName(String(decoding: rest, as: UTF8.self))
    case UInt8(ascii: "d"): checkDownload(rest)
    default: checkListing(rest)
    }
    return 0
}

/// What a list names lands below the model folder, whatever the list.
private func checkListing(_ input: [UInt8]) {
    guard let repository = try? RepositoryName(owner: "a", name: "b"),
        let listing = try? RepositoryListing(input, of: repository)
    else { return }
    precondition(Set(listing.files.map { $0.path.lowercased() }).count == listing.files.count)
    for file in listing.files {
        precondition(RemotePath.fault(of: file.path) == nil && file.byteCount >= 0)
        checkPlace(file.path)
        // What is named is found.
        precondition((try? FileChoice.files(of: listing, named: [file.path])) == [file])
    }
    guard let chosen = try? FileChoice.files(of: listing, named: []) else { return }
    precondition(!chosen.isEmpty && chosen.allSatisfy(listing.files.contains))
    guard let placements = try? Placement.of(chosen, from: repository) else { return }
    for placement in placements { checkPlace(placement.path) }
}

private func checkPlace(_ path: String) {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    precondition(!parts.contains("..") && !parts.contains(".") && !parts.contains(""), "\(path) leads out")
    precondition(!path.utf8.contains(0) && !path.utf8.contains(UInt8(ascii: "\\")))
    precondition(parts.allSatisfy { !$0.utf8.starts(with: ".".utf8) && $0.utf8.count <= 255 - PartFile.suffix.utf8.count })
    let real = URL(filePath: "/models/" + path).standardizedFileURL.path(percentEncoded: false)
    precondition(real.utf8.starts(with: "/models/".utf8), "\(path) leads to \(real)")
}

/// A name that is taken is the same when it is written again, and makes a path that stands for itself.
private func checkName(_ text: String) {
    guard let order = try? PullOrder(text) else { return }
    let repository = order.repository
    precondition((try? PullOrder(repository.description))?.repository == repository)
    checkPlace(repository.name)
    checkPlace(repository.owner)
    precondition(repository.description.utf8.allSatisfy { (0x21...0x7E).contains($0) })
    precondition(
        HubAddress(
            "https://h.example/api/models/\(repository.path)/revision/"
                + repository.revision.percentEncoded(keepingSlashes: false)) != nil)
}

/// Whatever a hub answers, a file has its name only with the bytes of the list, and never grows beyond them.
private func checkDownload(_ input: [UInt8]) {
    let content = Array("The quick brown fox jumps over the lazy dog. ".utf8)
    let file = RemoteFile(path: "w.pth", byteCount: content.count, sum: .sha256(SHA256.hexadecimal(SHA256.digest(of: content))))
    let hub = ScriptedHub(script: input, content: content)
    guard let access = try? HubAccess(environment: [:]) else { return }
    let target = MemoryTarget(limit: content.count)
    let client = HubClient(access: access, transport: hub, cancellation: CancelFlag())
    do throws(HubError) {
        let download = FileDownload(file, to: target) { precondition((0...content.count).contains($0)) }
        try download.run(client, "/w") { _, _ in }
        precondition(target.isFinished && target.bytes == content)
    } catch {
        precondition(!target.isFinished && !error.description.isEmpty)
    }
}

private final class MemoryTarget: DownloadTarget {
    private let limit: Int
    private(set) var bytes: [UInt8] = []
    private(set) var isFinished = false

    init(limit: Int) { self.limit = limit }

    var byteCount: Int { bytes.count }

    func append(_ more: [UInt8]) throws(HubError) {
        bytes += more
        precondition(bytes.count <= limit, "more bytes than were announced")
    }

    func read(_ body: ([UInt8]) -> Bool) throws(HubError) { _ = body(bytes) }
    func restart() throws(HubError) { bytes = [] }
    func finish() throws(HubError) { isFinished = true }
    func discard() { bytes = [] }
}

/// Answers as the bytes of a script say: each answer takes a few, and after the last one the truth is told.
private final class ScriptedHub: HubTransport, @unchecked Sendable {
    private var script: ArraySlice<UInt8>
    private let content: [UInt8]

    init(script: [UInt8], content: [UInt8]) { (self.script, self.content) = (script[...], content) }

    private func next() -> Int { Int(script.popFirst() ?? 0) }

    func get(_ request: HubRequest, to receiver: any HubReceiver) throws(TransportFailure) {
        let start = request.headers["Range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
        guard !script.isEmpty else { return truth(from: start, receiver) }
        let status = [200, 206, 200, 206, 302, 404, 416, 429, 500, 200, 206, 403][next() % 12]
        var headers = HTTPHeaders()
        let fields = next()
        if fields & 1 != 0 { headers.append("Content-Length", String(next())) }
        if fields & 2 != 0 {
            headers.append("Content-Range", "bytes \(fields & 4 != 0 ? start : next())-\(next())/\(content.count)")
        }
        if fields & 8 != 0 { headers.append("Location", fields & 16 != 0 ? "/x" : text(next())) }
        if fields & 32 != 0 { headers.append("Content-Range", text(next() % 40)) }
        if fields & 64 != 0 { headers.append("Retry-After", text(next() % 10)) }
        guard receiver.begin(HubHead(status: status, headers: headers)) else { return }
        for _ in 0..<next() % 8 {
            let count = next() % 32
            let from = min(start, content.count)
            let piece =
                next() % 2 == 0
                ? Array(content[from..<min(from + count, content.count)]) : [UInt8](repeating: 7, count: count)
            if !receiver.take(piece) { return }
        }
        if next() % 3 == 0 { throw TransportFailure(next() % 5 == 0 ? .lasting : .passing, "cut") }
    }

    private func text(_ count: Int) -> String { String(decoding: (0..<count).map { _ in UInt8(next()) }, as: UTF8.self) }

    private func truth(from start: Int, _ receiver: any HubReceiver) {
        var headers = HTTPHeaders()
        if start > 0 { headers.append("Content-Range", "bytes \(start)-\(content.count - 1)/\(content.count)") }
        guard receiver.begin(HubHead(status: start > 0 ? 206 : 200, headers: headers)) else { return }
        _ = receiver.take(Array(content[min(start, content.count)...]))
    }
}
