import Foundation
import HostCore

/// What tells a model's states from another's: its files by name, size and samples, and how its weights are stored.
struct ModelFingerprint: Sendable {
    /// Bytes taken from the beginning, the middle and the end of each file; no fine-tune leaves all of them alone.
    private static let sampleSize = 1 << 16

    private let parts: [[UInt8]]

    /// - Cost: reads three samples of each file.
    init(of source: ModelSource) {
        parts = ModelFingerprint.files(of: source).flatMap { path in
            [Array((path as NSString).lastPathComponent.utf8)] + ModelFingerprint.samples(of: path).map { Array($0) }
        }
    }

    /// - Parameter plan: how the weights came to be stored.
    func text(plan: String) -> String {
        var hash = SHA256()
        hash.update(Array(plan.utf8))
        for part in parts { hash.update(part) }
        return SHA256.hexadecimal(Array(hash.finish().prefix(16)))
    }

    private static func files(of source: ModelSource) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: source.path)
        guard let names else { return [source.path] }
        return names.sorted().map { source.path + "/" + $0 }
    }

    private static func samples(of path: String) -> [Data] {
        // Opening a pipe would wait for somebody to write to it.
        guard FileKind(path: path) != nil, let file = FileHandle(forReadingAtPath: path) else { return [] }
        defer { try? file.close() }
        guard let size = try? file.seekToEnd() else { return [] }
        var samples = [Data("\(size)".utf8)]
        let starts = [0, size / 2, size > UInt64(sampleSize) ? size - UInt64(sampleSize) : 0]
        for start in starts {
            guard (try? file.seek(toOffset: start)) != nil else { continue }
            if let data = try? file.read(upToCount: sampleSize) { samples.append(data) }
        }
        return samples
    }
}
