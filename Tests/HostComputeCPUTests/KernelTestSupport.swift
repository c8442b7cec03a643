import CHostKernels
import HostCore
import Testing

@testable import HostComputeCPU

/// The tables of this machine but the scalar one, which is the oracle.
let vectorSets = Kernels.InstructionSet.allCases.filter { set in set != .scalar && Kernels(set) != nil }

func table(_ set: Kernels.InstructionSet) throws -> rk_kernels { unsafe try #require(Kernels(set)).table }

/// Steele, Lea and Flood's SplitMix64: the same numbers on every run.
struct Random {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }

    mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
        (0..<count).map { _ in
            range.lowerBound + (range.upperBound - range.lowerBound) * Float(next() >> 40) / Float(1 << 24)
        }
    }
}

/// The bytes of numbers in an element type of the kernels, and the numbers that those bytes stand for.
struct EncodedWeights {
    let bytes: [UInt8]
    let values: [Float]

    init(_ numbers: [Float], as dtype: DType) {
        switch dtype {
        case .bfloat16:
            let bits = numbers.map { number in
                UInt16((number.bitPattern + 0x7FFF + (number.bitPattern >> 16 & 1)) >> 16)
            }
            bytes = bits.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            values = bits.map { Float(bitPattern: UInt32($0) << 16) }
        case .float16:
            let halves = numbers.map { Float16($0) }
            bytes = halves.flatMap { [UInt8($0.bitPattern & 0xFF), UInt8($0.bitPattern >> 8)] }
            values = halves.map { Float($0) }
        case .uint8:
            bytes = numbers.map { UInt8(min(max($0 * 128 + 128, 0), 255)) }
            values = bytes.map { Float($0) }
        default:
            bytes = numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) } }
            values = numbers
        }
    }
}

/// Bytes in memory, at an offset that need not be aligned.
@safe final class TestRegion: ByteRegion, @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer
    private let offset: Int

    init(_ bytes: [UInt8], offset: Int = 0) {
        unsafe memory = UnsafeMutableRawBufferPointer.allocate(byteCount: offset + bytes.count, alignment: 64)
        unsafe memory[offset...].copyBytes(from: bytes)
        self.offset = offset
    }

    deinit { unsafe memory.deallocate() }

    var count: Int { unsafe memory.count - offset }

    func withBytes<Result, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Result) throws(Failure) -> Result {
        unsafe try body(RawSpan(_unsafeBytes: memory[offset...]))
    }
}

func tensor(_ shape: [Int], _ numbers: [Float], as dtype: DType = .float32, offset: Int = 0) -> CheckpointTensor {
    CheckpointTensor(
        name: "test", dtype: dtype, shape: shape, bytes: TestRegion(EncodedWeights(numbers, as: dtype).bytes, offset: offset))
}

/// Where two arrays differ most, in units of `scale` for each place; infinity for NaN or unlike lengths.
func greatestError(_ a: [Float], _ b: [Float], scale: [Float]? = nil) -> Float {
    guard a.count == b.count else { return .infinity }
    return a.indices.reduce(0) { greatest, index in
        let error = abs(a[index] - b[index]) / (scale?[index] ?? 1)
        return error.isNaN ? .infinity : max(greatest, error)
    }
}
