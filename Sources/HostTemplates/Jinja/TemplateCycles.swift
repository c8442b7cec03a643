/// Goes through values by turns, as `cycler()` makes it; one of the few things in a template that change.
final class TemplateCycler {
    let values: [TemplateValue]
    private var place = 0

    init(_ values: [TemplateValue]) { self.values = values }

    var current: TemplateValue { values[place] }

    func next() -> TemplateValue {
        defer { place = (place + 1) % values.count }
        return values[place]
    }

    func reset() { place = 0 }
}

/// Gives nothing the first time and then what goes between, as `joiner()` makes it.
final class TemplateJoiner {
    private let separator: TemplateValue
    private var wasUsed = false

    init(_ separator: TemplateValue) { self.separator = separator }

    func next() -> TemplateValue {
        defer { wasUsed = true }
        return wasUsed ? separator : .string("")
    }
}
