import CHostCUDA
import HostCompute
import HostCore
import Synchronization

/// The kernels of a card, by name; a module is loaded when the first of its kernels is asked for.
final class CUDAKernels: Sendable {
    private struct Content {
        var modules: [String: CUDACode] = [:]
        var functions: [String: CUDAFunction] = [:]
    }

    private let context: CUDAContext
    /// Makes a module for the very card; nil where the PTX of the binary is used.
    private let compiler: KernelCompiler?
    private let log: Log
    private let content = Mutex(Content())

    /// - Parameter log: hears of modules that take long to make ready.
    init(_ context: CUDAContext, compiler: KernelCompiler? = nil, _ log: Log = .silent) {
        (self.context, self.compiler, self.log) = (context, compiler, log)
    }

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
        let (known, loaded) = content.withLock { ($0.functions[name], $0.modules[entry.module]) }
        if let known { return known }
        // Compiling takes seconds and is logged, so nothing waits for it behind a lock; two loads of one module do no harm.
        let code = if let loaded { loaded } else { try load(entry.module) }
        let function = try code.function(name)
        return content.withLock { content in
            content.modules[entry.module] = content.modules[entry.module] ?? code
            if let known = content.functions[name] { return known }
            content.functions[name] = function
            return function
        }
    }

    private func load(_ name: String) throws(DeviceError) -> CUDACode {
        guard let best = variants(of: name).last else {
            throw DeviceError(
                context.device, "loading the kernels \(name)",
                "\(context.card.name) has compute capability \(context.card.capability), the kernels need 7.0",
                advice: "Use \"cpu fp32\"")
        }
        if let compiler, let code = compiler.code(of: best, for: context) { return code }
        return unsafe try CUDACode(context, "\(name) for \(best.capability)", image: best.text, log)
    }

    /// The texts of a module that the card can run, the best one last.
    private func variants(of name: String) -> [KernelModule] {
        let capability = context.card.capability.number
        return KernelModule.all.filter {
            $0.name == name && ($0.isExact ? $0.capability == capability : $0.capability <= capability)
        }
    }

    private static func entry(_ name: String) -> (module: String, argumentBytes: Int)? { entries[name] }

    private static let entries: [String: (module: String, argumentBytes: Int)] = {
        var count = 0
        let first = unsafe cuda_kernels(&count)
        return Dictionary(
            uniqueKeysWithValues: (0..<count).map { index in
                let kernel = unsafe first[index]
                return unsafe (String(cString: kernel.name), (String(cString: kernel.module), kernel.argumentBytes))
            })
    }()
}

/// PTX of the binary.
@safe struct KernelModule: @unchecked Sendable {
    let name: String
    /// The file of the sources that it was made of.
    let source: String
    let capability: Int
    /// Whether only this very capability runs it.
    let isExact: Bool
    /// Ends in a zero byte.
    let text: UnsafePointer<CChar>

    static let all: [KernelModule] = {
        var count = 0
        let first = unsafe cuda_modules(&count)
        return (0..<count).map { index in
            let module = unsafe first[index]
            return unsafe KernelModule(
                name: String(cString: module.name), source: String(cString: module.source), capability: Int(module.capability),
                isExact: module.isExact != 0, text: module.ptx)
        }
    }()
}
