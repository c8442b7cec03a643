// HostCompute: tensors and the arithmetic on them; the only module of the model path that holds raw pointers.

import CHostKernels

/// One table of C kernels, all compiled for the same instruction set.
@safe package struct Kernels: @unchecked Sendable {
    package enum InstructionSet: String, Sendable, CaseIterable {
        case scalar, avx2, avx512, avx512BF16, neon, neonDot, neonBF16

        fileprivate var code: rk_isa {
            switch self {
            case .scalar: RK_ISA_SCALAR
            case .avx2: RK_ISA_AVX2
            case .avx512: RK_ISA_AVX512
            case .avx512BF16: RK_ISA_AVX512_BF16
            case .neon: RK_ISA_NEON
            case .neonDot: RK_ISA_NEON_DOT
            case .neonBF16: RK_ISA_NEON_BF16
            }
        }
    }

    /// Constant for the life of the process.
    let table: rk_kernels
    /// Such as `AVX-512`.
    package let name: String

    private init(_ pointer: UnsafePointer<rk_kernels>) {
        unsafe table = pointer.pointee
        unsafe name = String(cString: pointer.pointee.name)
    }

    /// The table of an instruction set, or nil when this machine lacks it.
    package init?(_ set: InstructionSet) {
        guard let pointer = unsafe rk_kernels_for(set.code) else { return nil }
        unsafe self.init(pointer)
    }

    /// The fastest table that this machine has.
    package static func best() -> Kernels { unsafe Kernels(rk_kernels_best()) }
}
