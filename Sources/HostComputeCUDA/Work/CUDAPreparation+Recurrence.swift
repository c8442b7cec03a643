import CHostCUDA
import HostCompute

extension CUDAPreparation {
    mutating func add(_ x: WKV4) throws(DeviceError) {
        let r = queue.own(x.r), k = queue.own(x.k), v = queue.own(x.v), out = queue.own(x.out)
        let decay = queue.own(x.decay), bonus = queue.own(x.bonus), width = decay.count
        precondition(bonus.count == width && [r, k, v, out].allSatisfy { $0.width == width && $0.unit == .tokens })
        checkOffset(x.offset, 3 * width)
        let type = rounding.type(of: [out])
        let arguments = WKV4Arguments(
            pass: pass, width: CInt(width), offset: CInt(x.offset), roundedType: CInt(type.rawValue), r: r.address,
            k: k.address, v: v.address, decay: decay.address, bonus: bonus.address, out: rounding.out(out, type),
            parts: try backend.recurrenceScratch(bytes: 3 * (backend.limits.tokensPerPass / CUDA_CHUNK + 1) * width * 4))
        note([out], rounded: type)
        let parts = try backend.kernels.function("mk_wkv4_parts", WKV4Arguments.self)
        let chain = try backend.kernels.function("mk_wkv4_chain", WKV4Arguments.self)
        let chunks = try backend.kernels.function("mk_wkv4_chunks", WKV4Arguments.self)
        let rest = try backend.kernels.function("mk_wkv4", WKV4Arguments.self)
        append { launcher, shape in
            if shape.chunks > 0 {
                launcher.run(parts, cuda_launch_wkv4_chunks(arguments, CInt(shape.chunks)), arguments)
                launcher.run(chain, cuda_launch_wkv4(arguments, CInt(shape.sequences)), arguments)
                launcher.run(chunks, cuda_launch_wkv4_chunks(arguments, CInt(shape.chunks)), arguments)
            }
            launcher.run(rest, cuda_launch_wkv4(arguments, CInt(shape.sequences)), arguments)
        }
    }

    mutating func add(_ x: WKV6) throws(DeviceError) {
        let r = queue.own(x.r), k = queue.own(x.k), v = queue.own(x.v), out = queue.own(x.out)
        let bonus = queue.own(x.bonus), gate = x.gate.map(queue.own), width = bonus.count, heads = width / x.headSize
        let gain = queue.own(x.groupNorm.gain), bias = queue.own(x.groupNorm.bias)
        precondition(width % x.headSize == 0 && gain.count == width && bias.count == width)
        precondition(([r, k, v, out] + (gate.map { [$0] } ?? [])).allSatisfy { $0.width == width && $0.unit == .tokens })
        checkOffset(x.offset, width * x.headSize)
        let type = rounding.type(of: [out])
        var arguments = WKV6Arguments()
        arguments.pass = pass
        (arguments.heads, arguments.headSize) = (CInt(heads), CInt(x.headSize))
        arguments.offset = CInt(x.offset)
        arguments.roundedType = CInt(type.rawValue)
        arguments.epsilon = x.groupNorm.epsilon
        switch x.decay {
        case .constant(let decay):
            let decay = queue.own(decay)
            precondition(decay.count == width)
            arguments.decay = decay.address
        case .perToken(let rows, let base):
            let rows = queue.own(rows), base = queue.own(base)
            precondition(rows.width == width && rows.unit == .tokens && base.count == width)
            arguments.decayPerToken = 1
            (arguments.decay, arguments.decayBase) = (rows.address, base.address)
        }
        (arguments.r, arguments.k, arguments.v) = (r.address, k.address, v.address)
        arguments.bonus = bonus.address
        (arguments.gain, arguments.bias) = (gain.address, bias.address)
        arguments.gate = gate?.address ?? 0
        arguments.out = rounding.out(out, type)
        note([out], rounded: type)
        try emitHeads("mk_wkv6", arguments, headSize: x.headSize, cuda_launch_wkv6)
    }

    mutating func add(_ x: WKV7) throws(DeviceError) {
        let inputs = x.inputs, parameters = x.parameters
        let r = queue.own(inputs.r), k = queue.own(inputs.k), v = queue.own(inputs.v), gate = queue.own(inputs.gate)
        let decay = queue.own(inputs.decay), learningRate = queue.own(inputs.learningRate)
        let vectors = [
            parameters.decayBase, parameters.learningRateBase, parameters.removalKeyScale, parameters.keyLearningScale,
            parameters.bonus, x.groupNorm.gain, x.groupNorm.bias,
        ].map(queue.own)
        let first = queue.own(x.firstValue), out = queue.own(x.out), width = vectors[0].count
        let mix = x.valueMix.map { (queue.own($0.mix), queue.own($0.base)) }
        precondition(width % x.headSize == 0 && vectors.allSatisfy { $0.count == width })
        precondition(
            ([r, k, v, gate, decay, learningRate, first, out] + (mix.map { [$0.0] } ?? [])).allSatisfy {
                $0.width == width && $0.unit == .tokens
            })
        precondition(mix.map { $0.1.count == width } ?? true)
        checkOffset(x.offset, width * x.headSize)
        let type = rounding.type(of: [out])
        var arguments = WKV7Arguments()
        arguments.pass = pass
        (arguments.heads, arguments.headSize) = (CInt(width / x.headSize), CInt(x.headSize))
        arguments.offset = CInt(x.offset)
        arguments.roundedType = CInt(type.rawValue)
        arguments.epsilon = x.groupNorm.epsilon
        (arguments.r, arguments.k, arguments.v) = (r.address, k.address, v.address)
        (arguments.decay, arguments.learningRate, arguments.gate) = (decay.address, learningRate.address, gate.address)
        (arguments.decayBase, arguments.learningRateBase) = (vectors[0].address, vectors[1].address)
        (arguments.removalKeyScale, arguments.keyLearningScale) = (vectors[2].address, vectors[3].address)
        arguments.bonus = vectors[4].address
        arguments.firstValue = first.address
        (arguments.valueMix, arguments.valueMixBase) = (mix?.0.address ?? 0, mix?.1.address ?? 0)
        (arguments.gain, arguments.bias) = (vectors[5].address, vectors[6].address)
        arguments.out = rounding.out(out, type)
        arguments.scratch = try backend.recurrenceScratch(bytes: 2 * backend.limits.tokensPerPass * width * 4)
        note([out] + (mix == nil ? [first] : []), rounded: nil)
        note([out], rounded: type)
        try emitWKV7(arguments)
    }

    /// A single token, long texts, few heads over them, and all else have kernels of their own. Chunks add up in another order,
    /// through tensor cores; where nothing is rounded to 16 bits, tokens follow one another as in the reference.
    private mutating func emitWKV7(_ arguments: WKV7Arguments) throws(DeviceError) {
        let all = try backend.kernels.function("mk_wkv7", WKV7Arguments.self)
        let step = try backend.kernels.function("mk_wkv7_step", WKV7Arguments.self)
        let halves = try backend.kernels.function("mk_wkv7_halves", WKV7Arguments.self)
        let finish = try backend.kernels.function("mk_wkv7_finish", WKV7Arguments.self)
        let card = backend.context.card.planned, heads = arguments.heads, headSize = arguments.headSize
        let chunks: CUDAFunction? =
            arguments.out.rounded != 0 && card.capability >= 80
            ? try backend.kernels.function("mk_wkv7_chunks", WKV7Arguments.self) : nil
        append { launcher, shape in
            let tokens = CInt(shape.tokens), sequences = CInt(shape.sequences)
            if cuda_is_step(headSize, tokens, sequences) != 0 {
                launcher.run(step, cuda_launch_wkv7(arguments, sequences), arguments)
            } else if let chunks, cuda_is_chunked(headSize, tokens, sequences, card.capability) != 0 {
                launcher.run(chunks, cuda_launch_wkv7_halves(arguments, sequences), arguments)
                launcher.run(finish, cuda_launch_wkv7_finish(arguments, tokens), arguments)
            } else if cuda_is_halved(heads, headSize, tokens, sequences, card.processors) != 0 {
                launcher.run(halves, cuda_launch_wkv7_halves(arguments, sequences), arguments)
                launcher.run(finish, cuda_launch_wkv7_finish(arguments, tokens), arguments)
            } else {
                launcher.run(all, cuda_launch_wkv7(arguments, sequences), arguments)
            }
        }
    }

    /// A recurrence over heads, which has a kernel of its own for passes that decode.
    private mutating func emitHeads<Arguments: BitwiseCopyable & Sendable>(
        _ name: String, _ arguments: Arguments, headSize: Int, _ size: @escaping @Sendable (Arguments, CInt) -> CUDALaunch
    ) throws(DeviceError) {
        let function = try backend.kernels.function(name, Arguments.self)
        let step = try backend.kernels.function("\(name)_step", Arguments.self)
        append { launcher, shape in
            let isStep = cuda_is_step(CInt(headSize), CInt(shape.tokens), CInt(shape.sequences)) != 0
            launcher.run(isStep ? step : function, size(arguments, CInt(shape.sequences)), arguments)
        }
    }
}
