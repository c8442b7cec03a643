import CHostCUDA
import HostCompute
import Synchronization

/// The kernels of a card, by name; a module is loaded when the first of its kernels is asked for.
final class CUDAKernels: Sendable {
    private struct Content {
        var modules: [String: CUDACode] = [:]
        var functions: [String: CUDAFunction] = [:]
    }

    private let context: CUDAContext
    private let content = Mutex(Content())

    init(_ context: CUDAContext) { self.context = context }

    /// - Parameter type: of the structure that the kernel takes, whose size is compared.
    func function<Arguments: BitwiseCopyable>(
        _ name: String, _ type: Arguments.Type
    ) throws(DeviceError) -> CUDAFunction {
        try function(name, bytes: MemoryLayout<Arguments>.size)
    }

    /// - Parameter bytes: of the structure that the kernel takes.
    func function(_ name: String, bytes: Int) throws(DeviceError) -> CUDAFunction {
        guard let entry = Self.entry(name), entry.argumentBytes == bytes else {
            preconditionFailure("there is no kernel \(name) that takes \(bytes) bytes")
        }
        return try content.withLock { content throws(DeviceError) in
            if let known = content.functions[name] { return known }
            let code = try content.modules[entry.module] ?? load(entry.module)
            content.modules[entry.module] = code
            let function = try code.function(name)
            content.functions[name] = function
            return function
        }
    }

    /// Whether this card has a module for the kernel.
    func has(_ name: String) -> Bool {
        guard let entry = Self.entry(name) else { return false }
        return !variants(of: entry.module).isEmpty
    }

    private func load(_ name: String) throws(DeviceError) -> CUDACode {
        let variants = variants(of: name)
        guard let best = variants.last else {
            throw DeviceError(
                context.device, "loading the kernels \(name)",
                "\(context.card.name) has compute capability \(context.card.capability), the kernels need 7.0",
                advice: "Use \"cpu fp32\"")
        }
        return try code(best)
    }

    private func code(_ variant: CHostCUDA.CUDAModule) throws(DeviceError) -> CUDACode {
        let name = unsafe String(cString: variant.name)
        return unsafe try CUDACode(context, "\(name) for \(variant.capability)", image: variant.ptx)
    }

    /// The texts of a module that the card can run, the best one last.
    private func variants(of name: String) -> [CHostCUDA.CUDAModule] {
        let capability = context.card.capability.number
        return unsafe Self.modules.filter { module in
            unsafe String(cString: module.name) == name
                && (module.isExact != 0 ? Int(module.capability) == capability : Int(module.capability) <= capability)
        }
    }

    private static let modules: [CHostCUDA.CUDAModule] = {
        var count = 0
        let first = unsafe cuda_modules(&count)
        return unsafe (0..<count).map { unsafe first[$0] }
    }()

    private static func entry(_ name: String) -> (module: String, argumentBytes: Int)? { entries[name] }

    private static let entries: [String: (module: String, argumentBytes: Int)] = {
        var count = 0
        let first = unsafe cuda_kernels(&count)
        return Dictionary(
            uniqueKeysWithValues: (0..<count).map { index in
                unsafe (
                    String(cString: first[index].name),
                    (String(cString: first[index].module), first[index].argumentBytes)
                )
            })
    }()
}
