import CHostCUDA
import HostCompute

/// Which activations of a program tensor cores want in 16 bits, so that the step that writes them rounds them at once.
struct CUDARounding {
    struct Copy {
        let address: UInt64
        /// F16 or BF16.
        let type: NumberType
    }

    private var copies: [ObjectIdentifier: Copy] = [:]
    /// What squared ReLU has gone over.
    private let squared: Set<ObjectIdentifier>

    /// Squared ReLU passes what F16 holds from 256 on; divided by this it does so from 2048 on.
    private static let squareScale: Float = 64

    init(_ steps: [Step], _ backend: CUDABackend) throws(DeviceError) {
        var squared: Set<ObjectIdentifier> = []
        for case .multiply(let products) in steps {
            for product in products {
                if case .apply(.squareReLU) = product.epilogue { squared.insert(ObjectIdentifier(product.y)) }
            }
        }
        self.squared = squared
        // Without tensor cores for it nothing takes 16 bits.
        guard backend.context.card.capability >= CUDACard.Capability(8, 0) else { return }
        let written = Set(steps.flatMap(\.roundable).map { ObjectIdentifier($0) })
        for case .multiply(let products) in steps {
            for product in products {
                let x = backend.queue.own(product.x), weight = backend.queue.own(product.weight), key = ObjectIdentifier(x)
                // Kernels read whole words of 16 bytes.
                guard let type = weight.roundedType, x.width % 8 == 0, written.contains(key), copies[key] == nil
                else { continue }
                let address = try backend.twins.address(of: x, backend.arena)
                copies[key] = Copy(address: address, type: type)
            }
        }
    }

    subscript(_ x: CUDAActivations) -> Copy? { copies[ObjectIdentifier(x)] }

    /// Whether squared ReLU made the activations, so that many of them are zero.
    func isSquared(_ x: CUDAActivations) -> Bool { squared.contains(ObjectIdentifier(x)) }

    /// What activations are divided by when they are rounded to a type.
    func scale(of x: CUDAActivations, _ type: NumberType) -> Float {
        type == NUMBER_F16 && squared.contains(ObjectIdentifier(x)) ? Self.squareScale : 1
    }

    /// Where a step writes activations: in fp32, and rounded to a type where a later step wants that.
    func out(_ x: CUDAActivations, _ type: NumberType) -> RowsOut {
        guard let copy = self[x], copy.type == type else { return RowsOut(values: x.address, rounded: 0) }
        return RowsOut(values: x.address, rounded: copy.address)
    }

    /// What a step rounds to; a kernel knows one type at a time.
    func type(of all: [CUDAActivations]) -> NumberType { all.compactMap { self[$0]?.type }.first ?? NUMBER_F16 }
}

extension Step {
    /// What the step writes and can round on the way.
    fileprivate var roundable: [any Activations] {
        switch self {
        case .mix(let mix): mix.mixes.map(\.out)
        case .mixByData(let mix): mix.mixes.map(\.out)
        case .normalize(_, _, let y): [y]
        case .multiply(let products): products.filter { !$0.epilogue.adds }.map(\.y)
        case .wkv4(let x): [x.out]
        case .wkv6(let x): [x.out]
        case .wkv7(let x): [x.out]
        default: []
        }
    }
}

extension Product.Epilogue {
    /// Whether the product goes into the stream and nowhere else.
    var adds: Bool {
        switch self {
        case .add, .gatedAdd: true
        case .none, .apply: false
        }
    }
}

/// The 16-bit twins of activations: one each, shared by all programs.
final class CUDATwins: @unchecked Sendable {
    private var addresses: [Int: UInt64] = [:]

    func address(of x: CUDAActivations, _ arena: DeviceArena) throws(DeviceError) -> UInt64 {
        if let known = addresses[x.number] { return known }
        let address = try arena.allocate(x.capacity * x.width * 2, for: "making activations")
        addresses[x.number] = address
        return address
    }
}
