import Foundation
import HostCore
import HostFiles

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

    /// None of what is not a file, such as a pipe that lies beside the weights.
    private static func samples(of path: String) -> [[UInt8]] {
        do {
            let file = try PlainFile(path)
            let starts = [0, file.byteCount / 2, max(0, file.byteCount - sampleSize)]
            var samples = [Array("\(file.byteCount)".utf8)]
            for start in starts { samples.append(try file.bytes(from: start, count: sampleSize)) }
            return samples
        } catch {
            return []
        }
    }
}
