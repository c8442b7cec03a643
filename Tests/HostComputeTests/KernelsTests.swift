import CHostKernels
import HostCompute
import Testing

@Suite("Kernel tables")
struct KernelsTests {
    @Test("the best table is one that this machine has")
    func best() {
        #expect(Kernels.InstructionSet.allCases.compactMap { Kernels($0)?.name }.contains(Kernels.best().name))
    }
}
