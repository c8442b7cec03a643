import Foundation

/// What memory this process may use, and how much of it can still be had: the least of what the machine, the control
/// groups and `ulimit` allow.
///
/// Pages of files that a process has mapped are a cache to the system, which calls them available; a model that computes
/// from them needs them all the same. So those of this process count as taken.
///
/// - Source: Linux `Documentation/filesystems/proc.rst` (meminfo, PID/status, PID/limits).
package struct SystemMemory: Sendable, Equatable {
    /// Bytes that this process may use in all; nil where nobody can tell.
    package let limit: Int?
    /// Bytes that can be had without swapping, counting file caches that would give way; nil where nobody can tell.
    package let available: Int?
    /// Bytes that may still be mapped under `ulimit -v` and `ulimit -d`; nil without such a limit.
    package let addressSpace: Int?

    /// - Parameter root: the folder in which `/proc` and the control groups are looked for; tests bring their own.
    package init(root: String = "") {
        let files = ProcFiles(root: root)
        let machine = files.text("/proc/meminfo"), own = files.text("/proc/self/status")
        let groups = MemoryGroup.all(in: files)
        let limits = [(name: "Max address space", used: "VmSize:"), (name: "Max data size", used: "VmData:")].compactMap {
            limit -> (bytes: Int, left: Int)? in
            guard let bytes = ProcFiles.limit(limit.name, in: files.text("/proc/self/limits")) else { return nil }
            return (bytes, max(0, bytes - (ProcFiles.kilobytes(limit.used, in: own) ?? 0)))
        }
        let free = ProcFiles.kilobytes("MemAvailable:", in: machine).map {
            max(0, $0 - (ProcFiles.kilobytes("RssFile:", in: own) ?? 0))
        }
        limit = ([ProcFiles.kilobytes("MemTotal:", in: machine)].compactMap(\.self) + groups.map(\.limit) + limits.map(\.bytes)).min()
        available = ([free].compactMap(\.self) + groups.map(\.room)).min()
        addressSpace = limits.map(\.left).min()
    }

    /// What may be planned with: the limit, and of an address space no more than twice what is left, since programs map
    /// much that they never use.
    package var usable: Int? { [limit, addressSpace.map { 2 * $0 }].compactMap(\.self).min() }

    /// - Cost: reads some small files of the system.
    package static func available() -> Int? { SystemMemory().available }
}

/// The system's small text files, below a folder.
struct ProcFiles {
    let root: String

    /// Empty where there is no such file.
    func text(_ path: String) -> String {
        (try? String(contentsOfFile: root + path, encoding: .utf8)) ?? ""
    }

    func number(_ path: String) -> Int? { Int(text(path).trimmingCharacters(in: .whitespacesAndNewlines)) }

    /// The bytes of a line such as `VmSize:   123 kB`.
    static func kilobytes(_ name: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            return line.dropFirst(name.count).split { $0 == " " || $0 == "\t" }.first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        return nil
    }

    /// The soft limit of a line such as `Max address space   1000   unlimited   bytes`; nil when there is none.
    static func limit(_ name: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            return line.dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) }
        }
        return nil
    }
}
