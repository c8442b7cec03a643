import Foundation

/// What can be called by name.
extension TemplateInterpreter {
    private static let globals: Set<String> = [
        "range", "namespace", "dict", "raise_exception", "strftime_now", "cycler", "joiner",
    ]

    static func global(_ name: String) -> TemplateValue {
        globals.contains(name) ? .function(.global(name)) : .undefined("'\(name)'")
    }

    mutating func call(
        _ function: TemplateExpression, _ arguments: TemplateArguments, caller: TemplateValue? = nil,
        at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        let callee = try evaluate(function)
        let values = try evaluate(arguments)
        if case .loop(let loop) = callee, let sequence = values[0, ""] { return try call(loop, over: sequence, at: position) }
        guard case .function(let target) = callee else {
            throw TemplateError(.value, "\(callee.kind) cannot be called", at: position)
        }
        switch target {
        case .macro(let macro):
            return try nested(at: position) { interpreter throws(TemplateError) in
                try interpreter.call(macro, values, caller: caller, at: position)
            }
        case .caller(let macro, let scopes):
            return try nested(at: position) { interpreter throws(TemplateError) in
                try interpreter.call(macro, values, in: scopes, at: position)
            }
        case .cycler: throw TemplateError(.value, "a cycler cannot be called; its next() can", at: position)
        case .cyclerNext(let cycler): return cycler.next()
        case .cyclerReset(let cycler):
            cycler.reset()
            return .none
        case .joiner(let joiner): return joiner.next()
        case .method(let name, let owner): return try callMethod(name, on: owner.value, values, at: position)
        case .loopCycle(let round):
            guard !values.positional.isEmpty else {
                throw TemplateError(.value, "loop.cycle() needs values", at: position)
            }
            return values.positional[round % values.positional.count]
        case .global(let name): return try callGlobal(name, values, at: position)
        }
    }

    private mutating func callGlobal(
        _ name: String, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        switch name {
        case "range": return try range(arguments, at: position)
        case "raise_exception":
            let message = try text(of: arguments[0, "message"] ?? .string(""), at: position)
            throw TemplateError(.raised, message, at: position)
        case "strftime_now":
            guard case .string(let format)? = arguments[0, "format"] else {
                throw TemplateError(.value, "strftime_now() needs a format", at: position)
            }
            return .string(try TemplateDate.string(now, format: format, at: position))
        case "cycler":
            guard !arguments.positional.isEmpty else { throw TemplateError(.value, "cycler() needs values", at: position) }
            try checkContents(arguments.positional, at: position)
            return .function(.cycler(TemplateCycler(arguments.positional)))
        case "joiner":
            let separator = try text(of: arguments[0, "sep"] ?? .string(", "), at: position)
            return .function(.joiner(TemplateJoiner(.string(separator))))
        default: break
        }
        guard arguments.positional.isEmpty else {
            throw TemplateError(.unsupported, "\(name)() takes only named values", at: position)
        }
        var members = TemplateDictionary()
        try checkContents(arguments.named.map(\.value), at: position)
        for (key, value) in arguments.named { members[key] = value }
        if name == "dict" { return .dictionary(members) }
        let namespace = TemplateNamespace()
        namespace.members = members
        return .namespace(namespace)
    }

    private mutating func range(
        _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        let bounds = arguments.positional.compactMap(\.wholeNumber)
        guard (1...3).contains(bounds.count), bounds.count == arguments.positional.count, arguments.named.isEmpty else {
            throw TemplateError(.value, "range() takes one to three whole numbers", at: position)
        }
        let start = bounds.count == 1 ? 0 : bounds[0]
        let end = bounds.count == 1 ? bounds[0] : bounds[1]
        let step = bounds.count == 3 ? bounds[2] : 1
        guard step != 0, step != Int.min else { throw TemplateError(.value, "range() with a step of 0", at: position) }
        // The same limit as the sandbox that Hugging Face renders templates in.
        let maximum = 100_000
        var numbers: [TemplateValue] = []
        for number in stride(from: start, to: end, by: step) {
            guard numbers.count < maximum else {
                throw TemplateError(.limit, "range() has more than \(maximum) numbers", at: position)
            }
            numbers.append(.integer(number))
        }
        return try makeList(numbers, at: position)
    }
}

/// Dates as C's `strftime` writes them in English.
enum TemplateDate {
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    static func string(_ date: Date, format: String, at position: TemplatePosition) throws(TemplateError) -> String {
        let fields = Calendar(identifier: .gregorian).dateComponents(
            [.year, .month, .day, .hour, .minute, .second, .weekday, .dayOfYear], from: date)
        var result = ""
        var rest = format.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            var letter = rest.popFirst()
            let isPlain = letter == "-"
            if isPlain { letter = rest.popFirst() }
            guard let letter, let text = field(letter, fields) else {
                throw TemplateError(
                    .unsupported, "strftime_now() does not offer the format \(format.debugDescription)", at: position)
            }
            result += isPlain && text.hasPrefix("0") && text.count > 1 ? String(text.dropFirst()) : text
        }
        return result
    }

    private static func field(_ letter: Unicode.Scalar, _ fields: DateComponents) -> String? {
        func padded(_ value: Int?, _ digits: Int = 2) -> String {
            let text = String(value ?? 0)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        let month = months[((fields.month ?? 1) - 1) % 12]
        let day = days[((fields.weekday ?? 1) - 1) % 7]
        let hour = fields.hour ?? 0
        switch letter {
        case "Y": return padded(fields.year, 4)
        case "y": return padded((fields.year ?? 0) % 100)
        case "m": return padded(fields.month)
        case "d": return padded(fields.day)
        case "H": return padded(hour)
        case "I": return padded(hour % 12 == 0 ? 12 : hour % 12)
        case "M": return padded(fields.minute)
        case "S": return padded(fields.second)
        case "p": return hour < 12 ? "AM" : "PM"
        case "j": return padded(fields.dayOfYear, 3)
        case "B": return month
        case "b": return String(month.prefix(3))
        case "A": return day
        case "a": return String(day.prefix(3))
        case "%": return "%"
        default: return nil
        }
    }
}
