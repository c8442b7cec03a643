import CHostCUDA
import HostCompute

extension CUDAPreparation {
    /// A token shift and the products that follow it. Where one token is all that a pass has, the products make the mixes
    /// themselves: at that size a kernel more costs as much as a small product.
    ///
    /// - Parameter rest: the steps after both.
    mutating func add(_ mix: Mix, then products: [Product], before rest: ArraySlice<Step>) throws(DeviceError) {
        let groups = products.groups(of: Int(CUDA_PRODUCTS))
        let rows = try mixedRows(mix, groups, before: rest)
        try add(mix, isForOneToken: rows == nil)
        for (number, group) in groups.enumerated() { try addGroup(group, mixing: rows?[number]) }
    }

    /// How each group of products makes its row; nil where one of them cannot, or where another step reads a mix.
    private func mixedRows(
        _ mix: Mix, _ groups: [[Product]], before rest: ArraySlice<Step>
    ) throws(DeviceError) -> [MixedRow]? {
        let weights = Dictionary(
            mix.mixes.map { (ObjectIdentifier($0.out), queue.own($0.weight).address) }, uniquingKeysWith: { first, _ in first })
        guard weights.count == mix.mixes.count, !rest.read(Set(weights.keys).union([ObjectIdentifier(mix.normalized)]))
        else { return nil }
        var rows: [MixedRow] = []
        for (number, group) in groups.enumerated() {
            let own = group.compactMap { weights[ObjectIdentifier($0.x)] }
            guard own.count == group.count else { return nil }
            var row = MixedRow()
            row.x = queue.own(mix.x).address
            (row.gain, row.bias) = (queue.own(mix.norm.gain).address, queue.own(mix.norm.bias).address)
            fill(&row.weights, own)
            (row.epsilon, row.offset) = (mix.norm.epsilon, CInt(mix.offset))
            // All of them read the state, so that the last one is to write it.
            row.storesShift = mix.storesShift && number == groups.count - 1 ? 1 : 0
            let parts = group.map { part($0, queue.own($0.weight)) }
            let launches = try CUDALaunches(parts, pass, mixing: row, scratch: 0, backend.kernels, backend.context)
            guard !launches.isEmpty else { return nil }
            rows.append(row)
        }
        return rows
    }
}

extension ArraySlice<Step> {
    /// Whether the steps read any of some activations before they are written anew.
    fileprivate func read(_ activations: Set<ObjectIdentifier>) -> Bool {
        var waiting = activations
        for step in self {
            if step.inputs.contains(where: { waiting.contains(ObjectIdentifier($0)) }) { return true }
            for x in step.outputs { waiting.remove(ObjectIdentifier(x)) }
            if waiting.isEmpty { return false }
        }
        return false
    }
}
