import Dispatch

/// Copies within the host's memory, much of it by several threads: one reads a third of what memory gives.
enum HostCopy {
    private static let partBytes = 2 << 20

    static func run(_ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, bytes: Int) {
        guard bytes > partBytes else {
            unsafe target.copyMemory(from: source, byteCount: bytes)
            return
        }
        let from = UInt(bitPattern: source), to = UInt(bitPattern: target)
        DispatchQueue.concurrentPerform(iterations: (bytes + partBytes - 1) / partBytes) { index in
            let start = index * partBytes
            guard let source = unsafe UnsafeRawPointer(bitPattern: from + UInt(start)),
                let target = unsafe UnsafeMutableRawPointer(bitPattern: to + UInt(start))
            else { return }
            unsafe target.copyMemory(from: source, byteCount: min(partBytes, bytes - start))
        }
    }
}
