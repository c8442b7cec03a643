extension RegularLanguage {
    /// The same language with as few states as it can have.
    ///
    /// - Cost: the states by the characters' classes, as many times as it takes to separate the last two states.
    /// - Source: E. F. Moore, Gedanken-experiments on Sequential Machines (1956).
    var minimal: RegularLanguage {
        let language = trimmed
        var groups = language.accepts.map { $0 ? Int32(1) : 0 }
        var count = Set(groups).count
        while true {
            var numbers: [[Int32]: Int32] = [:]
            let refined = (0..<language.stateCount).map { state -> Int32 in
                var signature = [groups[state]]
                for target in language.next[state * classCount..<(state + 1) * classCount] {
                    signature.append(target < 0 ? RegularLanguage.none : groups[Int(target)])
                }
                let new = Int32(numbers.count)
                if let known = numbers[signature] { return known }
                numbers[signature] = new
                return new
            }
            groups = refined
            if numbers.count == count { break }
            count = numbers.count
        }
        var next = [Int32](repeating: RegularLanguage.none, count: count * classCount)
        var accepts = [Bool](repeating: false, count: count)
        for state in 0..<language.stateCount {
            let group = Int(groups[state])
            accepts[group] = language.accepts[state]
            for number in 0..<classCount {
                let target = language.successor(of: state, by: number)
                if target >= 0 { next[group * classCount + number] = groups[Int(target)] }
            }
        }
        return RegularLanguage(alphabet, next: next, accepts: accepts, start: Int(groups[language.start]))
    }
}
