import HostCore

// The stack, the memo and the containers.
extension PickleMachine {
    mutating func push(_ container: PickleContainer) {
        itemCount += container.items.count
        stack.append(.container(containers.count))
        containers.append(container)
    }

    /// The topmost value; never reaches below the innermost MARK.
    mutating func pop() throws(LoadError) -> PickleValue {
        guard stack.count > marks.last ?? 0, let value = stack.popLast() else { throw corrupt("the stack is empty") }
        return value
    }

    mutating func pop(_ count: Int) throws(LoadError) -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else { throw corrupt("the stack is empty") }
        let values = Array(stack[(stack.count - count)...])
        stack.removeLast(count)
        return values
    }

    mutating func popToMark() throws(LoadError) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw corrupt("no MARK is open") }
        let values = Array(stack[mark...])
        stack.removeLast(stack.count - mark)
        return values
    }

    private func top() throws(LoadError) -> PickleValue {
        guard stack.count > marks.last ?? 0, let value = stack.last else { throw corrupt("the stack is empty") }
        return value
    }

    private func topContainer(_ kinds: PickleContainer.Kind...) throws(LoadError) -> Int {
        guard case .container(let position) = try top(), kinds.contains(containers[position].kind) else {
            throw corrupt("expected a \(kinds[0].rawValue)")
        }
        return position
    }

    mutating func append(_ values: [PickleValue]) throws(LoadError) {
        itemCount += values.count
        containers[try topContainer(.list, .set)].items += values
    }

    mutating func setItems(_ pairs: [PickleValue]) throws(LoadError) {
        let position = try topContainer(.dictionary, .orderedDictionary)
        guard pairs.count.isMultiple(of: 2) else { throw corrupt("a key without a value") }
        itemCount += pairs.count
        for index in stride(from: 0, to: pairs.count, by: 2) {
            containers[position].items.append(pairs[index])
            containers[position].values.append(pairs[index + 1])
        }
    }

    mutating func put(_ slot: Int) throws(LoadError) { memo[slot] = try top() }

    mutating func get(_ slot: Int) throws(LoadError) {
        guard let value = memo[slot] else { throw corrupt("memo slot \(slot) is empty") }
        stack.append(value)
    }
}

// Names, and the few things that may be made of them.
extension PickleMachine {
    mutating func pushGlobal(module: String, name: String) throws(LoadError) {
        stack.append(.global(try PickleGlobal(module: module, name: name, subject: subject)))
    }

    mutating func pushNamedGlobal() throws(LoadError) {
        let names = try pop(2)
        guard case .string(let module) = names[0], case .string(let name) = names[1] else {
            throw corrupt("a name that is not text")
        }
        try pushGlobal(module: module, name: name)
    }

    mutating func reduce() throws(LoadError) {
        let arguments = try items(of: try pop(), .tuple)
        guard case .global(let callee) = try pop() else { throw corrupt("a call of something that is not a name") }
        switch callee {
        case .orderedDictionary: try pushOrderedDictionary(arguments)
        case .rebuildTensor(let version): try pushTensor(arguments, version: version)
        case .rebuildParameter:
            guard let first = arguments.first, case .tensor = first else { throw corrupt("a parameter of no tensor") }
            stack.append(first)
        case .size:
            guard arguments.count == 1 else { throw corrupt("a size takes one argument") }
            push(PickleContainer(kind: .tuple, items: try items(of: arguments[0], .tuple, .list)))
        case .storage, .dtype: throw corrupt("a call of a type")
        }
    }

    mutating func newObject() throws(LoadError) {
        let arguments = try items(of: try pop(), .tuple)
        guard case .global(.orderedDictionary) = try pop(), arguments.isEmpty else {
            throw corrupt("NEWOBJ of something else than an empty ordered dictionary")
        }
        push(PickleContainer(kind: .orderedDictionary))
    }

    /// Attributes of an ordered dictionary, such as `_metadata`, say nothing about tensors and are dropped.
    mutating func build() throws(LoadError) {
        _ = try pop()
        guard case .container(let position) = try top(), containers[position].kind == .orderedDictionary else {
            throw LoadError(
                .forbidden, subject, "the pickle sets attributes of an object; refused, and nothing was run",
                advice: "If you trust where the file came from, save only its state dict of tensors again.")
        }
    }

    private mutating func pushOrderedDictionary(_ arguments: [PickleValue]) throws(LoadError) {
        var dictionary = PickleContainer(kind: .orderedDictionary)
        if let first = arguments.first {
            for pair in try items(of: first, .list, .tuple) {
                let pair = try items(of: pair, .list, .tuple)
                guard pair.count == 2 else { throw corrupt("an ordered dictionary takes pairs") }
                dictionary.items.append(pair[0])
                dictionary.values.append(pair[1])
            }
        }
        push(dictionary)
    }

    /// A container's items; counted each time, so that a short pickle cannot have a long list read over and over.
    private mutating func items(
        of value: PickleValue, _ kinds: PickleContainer.Kind...
    ) throws(LoadError) -> [PickleValue] {
        guard case .container(let position) = value, kinds.contains(containers[position].kind) else {
            throw corrupt("expected a \(kinds[0].rawValue)")
        }
        let items = containers[position].items
        itemCount += items.count
        guard itemCount <= Self.maximumItemCount else { throw corrupt("one list is used over and over") }
        return items
    }
}

// Storages and tensors.
extension PickleMachine {
    /// Reads a persistent id: `('storage', type, key, location, count[, view])`.
    mutating func pushStorage() throws(LoadError) {
        let fields = try items(of: try pop(), .tuple)
        guard (5...6).contains(fields.count), case .string("storage") = fields[0] else {
            throw LoadError(
                .forbidden, subject, "the pickle names something outside itself that is not a storage; refused",
                advice: "Save only the state dict of tensors again.")
        }
        guard case .global(.storage(let dtype)) = fields[1], case .string(let key) = fields[2],
            case .int(let count) = fields[4], count >= 0
        else { throw corrupt("a storage needs a type, a key and a size") }
        var view: PickleStorage.View?
        if fields.count == 6 {
            switch fields[5] {
            case .none: break
            case .container:
                let parts = try items(of: fields[5], .tuple)
                guard parts.count == 3, case .string(let viewKey) = parts[0], case .int(let offset) = parts[1],
                    case .int(let viewCount) = parts[2]
                else { throw corrupt("a view needs a key, an offset and a size") }
                view = .init(key: viewKey, offset: offset, count: viewCount)
            default: throw corrupt("a view needs a key, an offset and a size")
            }
        }
        stack.append(.storage(storages.count))
        storages.append(PickleStorage(key: key, dtype: dtype, count: count, view: view))
    }

    private mutating func pushTensor(_ arguments: [PickleValue], version: Int) throws(LoadError) {
        let counts = [1: 4...4, 2: 6...7, 3: 7...8][version] ?? 0...0
        guard counts.contains(arguments.count), case .storage(let storage) = arguments[0],
            case .int(let offset) = arguments[1]
        else { throw corrupt("a tensor needs a storage, an offset, a shape and strides") }
        var dtype: DType?
        if version == 3 {
            guard case .global(.dtype(let named)) = arguments[6] else { throw corrupt("a tensor without a type") }
            dtype = named
        }
        let shape = try integers(arguments[2])
        let strides = try integers(arguments[3])
        stack.append(.tensor(tensors.count))
        tensors.append(
            PickleTensor(storage: storage, dtype: dtype, offset: offset, shape: shape, strides: strides))
    }

    private mutating func integers(_ value: PickleValue) throws(LoadError) -> [Int] {
        let items = try items(of: value, .tuple, .list)
        guard items.count <= TensorLayout.maximumRank else { throw corrupt("a shape of \(items.count) dimensions") }
        var integers: [Int] = []
        for item in items {
            guard case .int(let number) = item else { throw corrupt("a shape or stride that is not a number") }
            integers.append(number)
        }
        return integers
    }
}
