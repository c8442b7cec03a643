import Foundation

/// Cores as the arithmetic counts them: hardware threads of one core share its vector units and its way to memory.
///
/// - Source: Linux `Documentation/admin-guide/cputopology.rst`; `man 5 proc_pid_status` for the processors that are allowed.
enum PhysicalCores {
    /// Cores that this process may run on, each once; where the system does not say which processors share one, each is one.
    ///
    /// - Parameter root: the folder in which `/proc` and `/sys` are looked for; tests bring their own.
    /// - Cost: reads a small file for each processor.
    static func count(root: String = "") -> Int {
        let files = ProcFiles(root: root), name = "Cpus_allowed_list:"
        let line = files.text("/proc/self/status").split(separator: "\n").first { $0.hasPrefix(name) }
        let processors = numbers(in: String(line?.dropFirst(name.count) ?? ""))
        guard !processors.isEmpty else { return max(1, ProcessInfo.processInfo.activeProcessorCount) }
        let cores = processors.map { number in
            let siblings = files.text("/sys/devices/system/cpu/cpu\(number)/topology/thread_siblings_list")
            return siblings.isEmpty ? "\(number)" : siblings.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        return Set(cores).count
    }

    /// The numbers of a list such as `0-3,8`.
    static func numbers(in list: String) -> [Int] {
        list.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").map { Int($0.trimmingCharacters(in: .whitespaces)) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last, last < 1 << 20 else { return [] }
            return Array(first...last)
        }
    }
}
