import Foundation

/// A control group that bounds the memory of its processes, be it a container, a systemd slice or unit, or a batch job.
///
/// - Source: Linux `Documentation/admin-guide/cgroup-v2.rst` and `cgroup-v1/memory.rst`; `man 7 cgroups` and
///   `man 5 proc_pid_mountinfo` for where the groups are.
struct MemoryGroup: Equatable {
    let limit: Int
    /// Bytes that its processes use, caches included.
    let used: Int
    /// File caches of the group that would give way: not those that a process has mapped.
    let reclaimable: Int

    var room: Int { max(0, limit - used + reclaimable) }

    /// The bounds of this process: its own group's and those of every group above, of both versions.
    static func all(in files: ProcFiles) -> [MemoryGroup] {
        let mounts = files.text("/proc/self/mountinfo").split(separator: "\n").compactMap { Mount(line: String($0)) }
        var groups: [MemoryGroup] = []
        for line in files.text("/proc/self/cgroup").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let isUnified = parts[0] == "0" && parts[1].isEmpty
            guard isUnified || parts[1].split(separator: ",").contains("memory") else { continue }
            for mount in mounts where mount.isUnified == isUnified {
                groups += mount.folders(upFrom: String(parts[2])).compactMap {
                    isUnified ? MemoryGroup(unified: $0, in: files) : MemoryGroup(controller: $0, in: files)
                }
            }
        }
        return groups
    }

    private init?(unified folder: String, in files: ProcFiles) {
        // Beyond `high` a process is slowed down until it hardly runs.
        let limits = ["max", "high"].compactMap { files.number("\(folder)/memory.\($0)") }
        guard let limit = limits.min(), let used = files.number("\(folder)/memory.current") else { return nil }
        self.limit = limit
        self.used = used
        reclaimable = MemoryGroup.reclaimable(files.text("\(folder)/memory.stat"), prefix: "", mapped: "file_mapped")
    }

    private init?(controller folder: String, in files: ProcFiles) {
        guard let limit = files.number("\(folder)/memory.limit_in_bytes"), limit < MemoryGroup.unlimited,
            let used = files.number("\(folder)/memory.usage_in_bytes")
        else { return nil }
        self.limit = limit
        self.used = used
        reclaimable = MemoryGroup.reclaimable(
            files.text("\(folder)/memory.stat"), prefix: "total_", mapped: "total_mapped_file")
    }

    /// Version 1 writes the absence of a limit as the greatest multiple of a page.
    private static let unlimited = Int.max - (1 << 20)

    private static func reclaimable(_ statistics: String, prefix: String, mapped: String) -> Int {
        var numbers: [Substring: Int] = [:]
        for line in statistics.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let number = Int(words[1]) { numbers[words[0]] = number }
        }
        let caches = ["active_file", "inactive_file"].reduce(0) { $0 + (numbers["\(prefix)\($1)"] ?? 0) }
        return max(0, caches - (numbers[mapped[...]] ?? 0))
    }
}

/// Where a hierarchy of control groups is to be seen.
private struct Mount {
    /// The group that lies at the mount point.
    let group: String
    let folder: String
    let isUnified: Bool

    /// Nil for other file systems, and for controllers other than that of memory.
    init?(line: String) {
        let words = line.split(separator: " ").map(String.init)
        guard let dash = words.firstIndex(of: "-"), dash > 4, words.count > dash + 3 else { return nil }
        switch words[dash + 1] {
        case "cgroup2": isUnified = true
        case "cgroup" where words[dash + 3].split(separator: ",").contains("memory"): isUnified = false
        default: return nil
        }
        group = Mount.unescaped(words[3])
        folder = Mount.unescaped(words[4])
    }

    /// The folders of a group and of all above it; that of the mount alone when the group lies elsewhere, as one outside
    /// of a container's view does.
    func folders(upFrom path: String) -> [String] {
        let above = group == "/" ? "" : group
        let isBelow = path == group || path.hasPrefix(above + "/")
        var parts = isBelow ? path.dropFirst(above.count).split(separator: "/").map(String.init) : []
        if parts.contains("..") { parts = [] }
        return (0...parts.count).reversed().map { count in
            ([folder == "/" ? "" : folder] + parts.prefix(count)).joined(separator: "/")
        }
    }

    /// A path as the kernel writes it: blanks and the like as `\040`.
    private static func unescaped(_ text: String) -> String {
        guard text.contains("\\") else { return text }
        var bytes: [UInt8] = [], rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8) {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
