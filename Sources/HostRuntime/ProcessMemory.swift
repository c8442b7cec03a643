import Foundation

/// What this process takes of the machine's memory.
package enum ProcessMemory {
    /// Bytes in RAM; nil where the system does not say.
    ///
    /// - Source: proc(5), `/proc/self/statm`, whose second number counts pages.
    package static var residentBytes: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .ascii) else { return nil }
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
    }
}
