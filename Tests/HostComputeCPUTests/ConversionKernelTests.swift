import CHostKernels
import Testing

@testable import HostComputeCPU

@Suite("Conversions")
struct ConversionKernelTests {
    static let sets = Kernels.InstructionSet.allCases.filter { Kernels($0) != nil }

    /// Numbers that round in every way: ties, carries, subnormals, the ends of the range.
    static let difficult: [Float] = {
        var bits: [UInt32] = [0, 0x8000_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x7F80_0001, 0xFFFF_FFFF]
        for high in stride(from: UInt32(0), through: 0xFFFF, by: 61) {
            for low: UInt32 in [0, 1, 0x0FFF, 0x1000, 0x1001, 0x3000, 0x7FFF, 0x8000, 0x8001, 0xFFFF] {
                bits.append(high << 16 | low)
            }
        }
        let numbers: [Float] = [65504, 65519.996, 65520, 6.1e-5, 5.96e-8, 2.98e-8, 2.99e-8, 1e-10, 3.3961776e38]
        return bits.map { Float(bitPattern: $0) } + numbers + numbers.map { -$0 }
    }()

    @Test("widening is exact for all 65,536 patterns", arguments: sets)
    func widening(set: Kernels.InstructionSet) throws {
        let kernels = unsafe try table(set)
        let patterns = (0...UInt16.max).map { $0 }
        var wide = [Float](repeating: 0, count: patterns.count)
        unsafe kernels.f32_from_bf16(&wide, patterns, patterns.count)
        #expect(zip(patterns, wide).allSatisfy { $1.bitPattern == UInt32($0) << 16 })
        unsafe kernels.f32_from_f16(&wide, patterns, patterns.count)
        #expect(
            zip(patterns, wide).allSatisfy { pattern, value in
                let truth = Float(Float16(bitPattern: pattern))
                return truth.isNaN ? value.isNaN : value.bitPattern == truth.bitPattern
            })
    }

    @Test("narrowing rounds to nearest, ties to even", arguments: sets)
    func narrowing(set: Kernels.InstructionSet) throws {
        let kernels = unsafe try table(set)
        let numbers = Self.difficult
        var narrow = [UInt16](repeating: 0, count: numbers.count)
        unsafe kernels.f16_from_f32(&narrow, numbers, numbers.count)
        for (number, bits) in zip(numbers, narrow) {
            let truth = Float16(number)
            #expect(truth.isNaN ? Float16(bitPattern: bits).isNaN : bits == truth.bitPattern, "\(number)")
        }
        unsafe kernels.bf16_from_f32(&narrow, numbers, numbers.count)
        for (number, bits) in zip(numbers, narrow) {
            let value = Float(bitPattern: UInt32(bits) << 16)
            guard !number.isNaN else {
                #expect(value.isNaN)
                continue
            }
            let rounded = (UInt64(number.bitPattern) + 0x7FFF + UInt64(number.bitPattern >> 16 & 1)) >> 16
            #expect(UInt64(bits) == rounded, "\(number)")
        }
    }

    @Test("float64 is rounded to the nearest float", arguments: sets)
    func doubles(set: Kernels.InstructionSet) throws {
        let kernels = unsafe try table(set)
        let numbers: [Double] = [0, -0.0, 1, 0.1, -1.0 / 3, 1e300, -1e300, 1e-300, .infinity, 16_777_217, 2.5e-45]
        var narrow = [Float](repeating: 0, count: numbers.count)
        unsafe kernels.f32_from_f64(&narrow, numbers, numbers.count)
        #expect(narrow.map(\.bitPattern) == numbers.map { Float($0).bitPattern })
    }

    @Test("a single NaN or infinity is found wherever it stands", arguments: sets)
    func finiteness(set: Kernels.InstructionSet) throws {
        let kernels = unsafe try table(set)
        for count in [1, 5, 16, 33] {
            for place in 0..<count {
                for bad in [Float.nan, .infinity, -.infinity] {
                    var numbers = [Float](repeating: .greatestFiniteMagnitude, count: count)
                    #expect(unsafe kernels.all_finite_f32(numbers, count))
                    numbers[place] = bad
                    #expect(unsafe !kernels.all_finite_f32(numbers, count))
                    var halves = [UInt16](repeating: 0x7BFF, count: count)
                    #expect(unsafe kernels.all_finite_f16(halves, count) && kernels.all_finite_bf16(halves, count))
                    halves[place] = UInt16(bad.bitPattern >> 16)
                    #expect(unsafe !kernels.all_finite_bf16(halves, count))
                    halves[place] = Float16(bad).bitPattern
                    #expect(unsafe !kernels.all_finite_f16(halves, count))
                }
            }
        }
    }
}
