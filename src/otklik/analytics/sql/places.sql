-- What: the rows of a report by something in which a person stands; an expression over `had`, a row
--   of one of by/*.sql.
-- Parameters: cuts Array(Float64), ascending, which cut numbers and dates into parts (none: by
--   value); shown Array(String), the values that have a row of their own.
-- Gives: an array of ('none', 'value', 'range' or 'rest'; the value; the number of the part, from 0).
multiIf(
    empty(had.texts), [('none', '', toUInt8(0))],
    had.is_number AND notEmpty({cuts:Array(Float64)}),
    [('range', '', toUInt8(arrayCount(cut -> cut <= had.num, {cuts:Array(Float64)})))],
    arrayDistinct(arrayMap(
        text -> if(
            has({shown:Array(String)}, text), ('value', text, toUInt8(0)), ('rest', '', toUInt8(0))
        ),
        had.texts
    ))
)
