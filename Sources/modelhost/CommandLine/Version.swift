import Foundation
import HostComputeCPU
import HostCore
import HostFiles

/// What this build calls itself.
enum Version {
    static let text = "0.1.0"

    /// The line of `--version`: the version, what it was built from, and what it computes with on this machine.
    static var line: String {
        let parts = [commit.map { "commit \($0)" }, swift, "\(Kernels.best().name) kernels"].compactMap { $0 }
        return "modelhost \(text) (\(parts.joined(separator: ", ")))"
    }

    /// From the file beside the program that a bundle has; a build in a working copy knows none.
    private static var commit: String? {
        guard let folder = Bundle.main.executableURL?.deletingLastPathComponent().path(percentEncoded: false),
            let bytes = try? PlainFile("commit", in: folder).text(atMost: 256)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// `Swift 6.3`, of the compiler, from the stamp by which extensions are distinguished.
    private static var swift: String? { "\(ExtensionABI.stamp)".components(separatedBy: ", ").last }
}
