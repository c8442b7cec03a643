import Foundation

/// What the machine has to give.
package enum SystemMemory {
    /// Bytes that can be had without swapping, counting file caches that would give way; nil where nobody can tell.
    ///
    /// - Source: Linux `Documentation/filesystems/proc.rst` (MemAvailable), `Documentation/admin-guide/cgroup-v2.rst`
    ///   (memory.max, memory.current).
    package static func available() -> Int? {
        let machine = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)).flatMap(available(meminfo:))
        let limits = [machine, groupHeadroom()].compactMap { $0 }
        return limits.min()
    }

    static func available(meminfo: String) -> Int? {
        for line in meminfo.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        return nil
    }

    /// What a container's limit leaves, its file caches counted as free; nil without a limit.
    private static func groupHeadroom() -> Int? {
        func text(_ file: String) -> String? { try? String(contentsOfFile: "/sys/fs/cgroup/\(file)", encoding: .utf8) }
        func number(_ file: String) -> Int? {
            text(file).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        guard let limit = number("memory.max"), let used = number("memory.current") else { return nil }
        let caches = (text("memory.stat") ?? "").split(separator: "\n").compactMap { line -> Int? in
            let words = line.split(separator: " ")
            guard words.count == 2, words[0] == "active_file" || words[0] == "inactive_file" else { return nil }
            return Int(words[1])
        }
        return max(0, limit - used + caches.reduce(0, +))
    }
}
