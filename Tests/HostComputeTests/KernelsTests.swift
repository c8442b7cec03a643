import CHostKernels
import HostCompute
import Testing

@Suite("Kernel tables")
struct KernelsTests {
    @Test("the best table is one that this machine has")
    func best() {
        let names = Kernels.InstructionSet.allCases.compactMap { set in Kernels(set)?.name }
        #expect(names.contains(Kernels.best().name))
    }
}
