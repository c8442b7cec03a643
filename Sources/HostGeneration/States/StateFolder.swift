import Dispatch
import Foundation
import HostCore
import Synchronization

/// The state cache's files: written behind the requests, found again after a restart, the oldest removed first.
///
/// Never a reason to fail: a file that cannot be written or is damaged is told in the log, removed, and forgotten.
final class StateFolder: Sendable {
    fileprivate struct Index {
        /// Sizes in bytes, by key.
        var files: [PrefixDigest.Key: Int] = [:]
        /// Keys in the order in which they were written.
        var order: [PrefixDigest.Key] = []
        var byteCount = 0
        var waitingCount = 0
    }

    private static let suffix = ".prefix-state"
    /// States that wait to be written; where the disk is slower than the requests, further ones are not kept.
    private static let maximumWaiting = 16

    private let url: URL
    private let model: String
    private let capacity: Int
    private let log: Log
    private let index = Mutex(Index())
    private let writer = DispatchQueue(label: "state-cache")

    /// - Parameter capacity: in bytes, of all files together.
    init(path: String, model: String, capacity: Int, log: Log) {
        url = URL(filePath: path, directoryHint: .isDirectory)
        self.model = model
        self.capacity = capacity
        self.log = log
        find()
    }

    /// The token counts of what is there.
    var lengths: Set<Int> { index.withLock { Set($0.files.keys.map(\.count)) } }

    func save(_ entry: StateCache.Entry, for key: PrefixDigest.Key) {
        let isAccepted = index.withLock { index in
            guard index.files[key] == nil, index.waitingCount < StateFolder.maximumWaiting else { return false }
            index.waitingCount += 1
            return true
        }
        guard isAccepted else { return }
        writer.async { [self] in
            write(entry, for: key)
            index.withLock { $0.waitingCount -= 1 }
        }
    }

    func load(_ key: PrefixDigest.Key) -> StateCache.Entry? {
        guard index.withLock({ $0.files[key] != nil }) else { return nil }
        do {
            let data = try Data(contentsOf: file(key))
            let state = try StateFile(Array(data), name: file(key).lastPathComponent, model: model)
            guard state.tokenCount == key.count else {
                throw GenerationError(.stateMismatch, file(key).lastPathComponent, "is not what its name says")
            }
            return StateCache.Entry(snapshot: state.snapshot, logits: state.logits.isEmpty ? nil : state.logits)
        } catch {
            log.warning("state cache: \(error)")
            writer.async { [self] in remove(key) }
            return nil
        }
    }

    private func write(_ entry: StateCache.Entry, for key: PrefixDigest.Key) {
        let state = StateFile(
            model: model, snapshot: entry.snapshot, logits: entry.logits ?? [], tokenCount: key.count)
        let bytes = state.encoded()
        guard bytes.count <= capacity else { return }
        do {
            try PrivateFile.write(bytes, to: file(key))
        } catch {
            log.warning("state cache: \(file(key).path) could not be written: \(error.localizedDescription)")
            return
        }
        index.withLock { $0.add(key, size: bytes.count) }
        while let oldest = index.withLock({ $0.byteCount > capacity ? $0.order.first : nil }) { remove(oldest) }
    }

    private func remove(_ key: PrefixDigest.Key) {
        try? FileManager.default.removeItem(at: file(key))
        index.withLock { index in
            guard let size = index.files.removeValue(forKey: key) else { return }
            index.byteCount -= size
            index.order.removeAll { $0 == key }
        }
    }

    private func file(_ key: PrefixDigest.Key) -> URL { url.appending(path: StateFolder.name(of: key)) }

    private static func name(of key: PrefixDigest.Key) -> String {
        "\(key.count)-\(SHA256.hexadecimal(key.digest))\(suffix)"
    }

    /// Lists what an earlier run left; files of other models stay, as no key leads to them.
    private func find() {
        let properties: Set<URLResourceKey> = [.fileSizeKey, .contentModificationDateKey]
        let files = (try? FileManager.default.contentsOfDirectory(
            at: url, includingPropertiesForKeys: Array(properties))) ?? []
        var found: [(key: PrefixDigest.Key, size: Int, date: Date)] = []
        for file in files where file.lastPathComponent.hasSuffix(StateFolder.suffix) {
            guard let key = StateFolder.key(file.lastPathComponent),
                let values = try? file.resourceValues(forKeys: properties)
            else { continue }
            found.append((key, values.fileSize ?? 0, values.contentModificationDate ?? .distantPast))
        }
        found.sort { $0.date < $1.date }
        index.withLock { index in
            for file in found { index.add(file.key, size: file.size) }
        }
    }

    /// Nil for the names of files that are not the cache's.
    private static func key(_ name: String) -> PrefixDigest.Key? {
        let parts = name.dropLast(suffix.count).split(separator: "-")
        guard parts.count == 2, let count = Int(parts[0]) else { return nil }
        let digits = Array(parts[1].utf8)
        guard digits.count == 64 else { return nil }
        let bytes = stride(from: 0, to: 64, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        let key = PrefixDigest.Key(count: count, digest: bytes)
        return self.name(of: key) == name ? key : nil
    }
}

extension StateFolder.Index {
    fileprivate mutating func add(_ key: PrefixDigest.Key, size: Int) {
        guard files.updateValue(size, forKey: key) == nil else { return }
        order.append(key)
        byteCount += size
    }
}
