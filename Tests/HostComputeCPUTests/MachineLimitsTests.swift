import HostComputeCPU
import Support
import Testing

@Suite("What the machine can do")
struct MachineLimitsTests {
    @Test("every instruction set of this machine has its limits", arguments: Kernels.InstructionSet.allCases)
    func measure(set: Kernels.InstructionSet) async throws {
        guard let kernels = Kernels(set) else { return }
        let limits = try await offPool { MachineLimits.measure(kernels, on: ThreadPool(threads: 2)) }
        #expect(limits.readBandwidth > 1e6 && limits.fp32 > 1e6)
        #expect((limits.bf16 ?? 1e7) > 1e6 && (limits.int8 ?? 1e7) > 1e6)
        #expect((limits.bf16 != nil) == [.avx512BF16, .neonBF16].contains(set))
    }
}
