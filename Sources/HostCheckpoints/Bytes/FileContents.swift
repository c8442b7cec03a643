#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Numbers that stand for what a file holds, to distinguish one that was only touched from one that was rewritten.
///
/// Quick and not cryptographic: a process that can rewrite the file has no need to deceive the host.
struct FileContents: Equatable {
    private struct Part: Equatable {
        let ranges: [Range<Int>]
        let digest: UInt64
    }

    /// A file of at most this size is read whole.
    private static let wholeSize = 256 << 20
    /// Of a larger one, besides what is noted and its two ends, this many pieces at equal distances.
    private static let sampleCount = 4096
    private static let sampleSize = 4096
    private static let endSize = 1 << 20

    private var parts: [Part]

    /// The file as a whole as far as its size allows; nil when it cannot be read.
    init?(of descriptor: CInt, size: Int) {
        parts = []
        guard add(FileContents.general(size), of: descriptor) else { return nil }
    }

    /// Reads a range whole; false when it cannot be read.
    mutating func note(_ range: Range<Int>, of descriptor: CInt, size: Int) -> Bool {
        if size <= FileContents.wholeSize || parts.contains(where: { $0.ranges == [range] }) { return true }
        return add([range], of: descriptor)
    }

    /// Whether the file still holds the same.
    func isEqual(to descriptor: CInt) -> Bool {
        parts.allSatisfy { FileContents.digest(of: $0.ranges, in: descriptor) == $0.digest }
    }

    private mutating func add(_ ranges: [Range<Int>], of descriptor: CInt) -> Bool {
        guard let digest = FileContents.digest(of: ranges, in: descriptor) else { return false }
        parts.append(Part(ranges: ranges, digest: digest))
        return true
    }

    private static func general(_ size: Int) -> [Range<Int>] {
        guard size > wholeSize else { return [0..<size] }
        let step = size / sampleCount
        return [0..<endSize, size - endSize..<size] + (0..<sampleCount).map { $0 * step..<$0 * step + sampleSize }
    }

    /// Read and not looked at through the mapping, whose pages would stay in this process.
    private static func digest(of ranges: [Range<Int>], in descriptor: CInt) -> UInt64? {
        var hash = QuickHash()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: endSize, alignment: 64)
        defer { unsafe buffer.deallocate() }
        for range in ranges {
            var place = range.lowerBound
            while place < range.upperBound {
                let wanted = min(endSize, range.upperBound - place)
                let count = unsafe pread(descriptor, buffer.baseAddress, wanted, off_t(place))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return nil }
                unsafe hash.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                place += count
            }
        }
        return hash.value
    }
}

/// A checksum at about the speed of memory: four lanes, a multiplication and a shift for each eight bytes.
private struct QuickHash {
    private static let prime: UInt64 = 0x9FB2_1C65_1E98_DF25
    private var lanes: (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)
    private var length: UInt64 = 0

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        func word(_ place: Int) -> UInt64 { unsafe bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
        var place = 0
        while place + 32 <= bytes.count {
            lanes.0 = QuickHash.mix(lanes.0, word(place))
            lanes.1 = QuickHash.mix(lanes.1, word(place + 8))
            lanes.2 = QuickHash.mix(lanes.2, word(place + 16))
            lanes.3 = QuickHash.mix(lanes.3, word(place + 24))
            place += 32
        }
        while place < bytes.count {
            unsafe lanes.0 = QuickHash.mix(lanes.0, UInt64(bytes[place]))
            place += 1
        }
        length += UInt64(bytes.count)
    }

    var value: UInt64 {
        [lanes.0, lanes.1, lanes.2, lanes.3].reduce(length) { QuickHash.mix($0, $1) }
    }

    private static func mix(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        let product = (lane ^ word) &* prime
        return product ^ (product >> 29)
    }
}
