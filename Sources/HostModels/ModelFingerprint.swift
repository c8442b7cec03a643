import Foundation
import HostCore
import HostFiles

/// What distinguishes a model's states from another's: its files by name, size and samples, and how its weights are stored.
struct ModelFingerprint: Sendable {
    /// Bytes taken from the beginning, the middle and the end of each file; no fine-tune leaves all of them alone.
    private static let sampleSize = 1 << 16

    private let parts: [[UInt8]]

    /// - Parameter adapters: what is merged into its weights.
    /// - Cost: reads three samples of each file.
    init(of source: ModelSource, adapters: [AdapterOption] = []) {
        let scales = adapters.compactMap(\.alpha).map { Array("\($0)".utf8) }
        parts =
            (ModelFingerprint.files(at: source.path) + adapters.flatMap { ModelFingerprint.files(at: $0.path) }).flatMap { path in
                [Array((path as NSString).lastPathComponent.utf8)] + ModelFingerprint.samples(of: path).map { Array($0) }
            } + scales
    }

    /// - Parameter plan: how the weights came to be stored.
    func text(plan: String) -> String {
        var hash = SHA256()
        hash.update(Array(plan.utf8))
        for part in parts { hash.update(part) }
        return SHA256.hexadecimal(Array(hash.finish().prefix(16)))
    }

    private static func files(at path: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: path)
        guard let names else { return [path] }
        return names.sorted().map { path + "/" + $0 }
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
