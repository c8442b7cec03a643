import HostCompute
import HostComputeCPU
import HostCore
import Support
import TestDevices
import Testing

@Suite("The seam of devices")
struct SeamTests {
    @Test("limits of several devices are those that suit all of them, in whole cuts")
    func limits() {
        let a = DeviceLimits(tokensPerPass: 512, outputsPerPass: 32, promptChunk: 256, cut: 16)
        let b = DeviceLimits(tokensPerPass: 2040, outputsPerPass: 64, promptChunk: 2048, cut: 24)
        #expect(DeviceLimits.common([a]) == a && DeviceLimits.common([]) == nil)
        #expect(
            DeviceLimits.common([a, b])
                == DeviceLimits(tokensPerPass: 480, outputsPerPass: 32, promptChunk: 256, cut: 48))
    }

    @Test("a device's error says what was tried, what was wanted and what was free")
    func errors() {
        let full = DeviceError(
            .cuda(index: 1), "making a state", "out of memory", wantedBytes: 12, freeBytes: 3, advice: "Use fewer")
        #expect(
            full.description
                == "device cuda:1: making a state failed: out of memory, 12 bytes wanted, 3 bytes free. Use fewer")
        #expect(full.loadError.kind == .outOfMemory && full.generationError.kind == .overloaded)
        let lost = DeviceError(.cpu, "waiting", "gone")
        #expect(lost.loadError.kind == .deviceUnavailable && lost.generationError.kind == .device)
    }

    @Test("memory of one device that another is given stops the process, and so does a read before it was brought over")
    func fences() async {
        await #expect(processExitsWith: .failure) {
            let one = SeparateDevice().open(.cuda(index: 0), DeviceOptions(threads: 1))
            let other = SeparateDevice().open(.cuda(index: 0), DeviceOptions(threads: 1))
            let x = try one.makeActivations(width: 4, per: .tokens), y = try other.makeActivations(width: 4, per: .tokens)
            _ = try one.prepare([.copy(x, into: y)], states: nil)
        }
        await #expect(processExitsWith: .failure) {
            let device = SeparateDevice().open(.cuda(index: 0), DeviceOptions(threads: 1)), host = CPUBackend(threads: 1)
            let x = try device.makeActivations(width: 4, per: .tokens), y = host.makeActivations(width: 4, per: .tokens)
            _ = host.prepare([.copy(x, into: y)], states: nil)
        }
        await #expect(processExitsWith: .failure) {
            let device = SeparateDevice().open(.cuda(index: 0), DeviceOptions(threads: 1))
            let x = try device.makeActivations(width: 4, per: .tokens)
            device.write([1, 2, 3, 4], rows: 1, to: x)
            try device.wait()
            var values = [Float](repeating: 0, count: 4)
            device.read(x, rows: 0..<1, into: &values, at: 0)
        }
        await #expect(processExitsWith: .failure) {
            let device = SeparateDevice().open(.cuda(index: 0), DeviceOptions(threads: 1))
            let x = try device.makeActivations(width: 4, per: .tokens)
            var batch = RaggedBatch(), values = [Float](repeating: 0, count: 4)
            batch.append([0], slot: 0)
            device.submit(try device.prepare([.deliver(x)], states: nil), batch)
            device.read(x, rows: 0..<1, into: &values, at: 0)
        }
        await #expect(processExitsWith: .success) {
            let device = SeparateDevice().open(.cuda(index: 0), DeviceOptions(threads: 1))
            let x = try device.makeActivations(width: 4, per: .tokens)
            var batch = RaggedBatch(), values = [Float](repeating: 0, count: 4)
            batch.append([0], slot: 0)
            device.write([1, 2, 3, 4], rows: 1, to: x)
            device.submit(try device.prepare([.deliver(x)], states: nil), batch)
            try device.wait()
            device.read(x, rows: 0..<1, into: &values, at: 0)
            guard values == [1, 2, 3, 4] else { preconditionFailure("\(values)") }
        }
    }

    @Test("numbers of every stored type are widened as IEEE 754 says", arguments: [DType.float32, .float16, .bfloat16])
    func floats(dtype: DType) throws {
        let bits: [UInt32] = [0, 1, 0x3FF, 0x400, 0x3C00, 0x7BFF, 0x7C00, 0x8000, 0x8001, 0xBC00, 0xFC00, 0x4248]
        let size = dtype.size
        let bytes = bits.flatMap { word in (0..<size).map { UInt8(truncatingIfNeeded: (word << (size == 4 ? 16 : 0)) >> (8 * $0)) } }
        let tensor = CheckpointTensor(name: "x", dtype: dtype, shape: [bits.count], bytes: DecodedBytes(bytes))
        let expected = bits.map { dtype == .float16 ? Float(Float16(bitPattern: UInt16($0))) : Float(bitPattern: $0 << 16) }
        #expect(tensor.floats().map(\.bitPattern) == expected.map(\.bitPattern))
    }
}
