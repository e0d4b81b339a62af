# The report in English. Numbers arrive formatted; **…** is bold.
# Fixed words: grades, GOOD ENOUGH, best level not visible, if the link is causal, cannot tell yet.

not-computed = not computed
not-comparable = periods cross it
cannot-tell = Cannot tell yet
hold = hold
none = –
sample-data = sample data
how-sure = How sure
what-to-do = What to do
page-of = page { $number }
all-figures = Every number of this report

grade-A = Tested
grade-B = Strong comparison
grade-C = Linked, not proven
grade-D = Seen together, not proven
grade-E = Too little data

name-1 = The answer
name-2 = Where we stand
name-3 = Does satisfaction pay here?
name-4 = What moves satisfaction
name-5 = How good is good enough, investment by investment
name-5b = What would have to be true
name-6 = The next money
name-7 = Our people
name-8 = Promises kept
name-9 = What we do not know, and what would change our mind
name-10 = How it was made
pending-title = Pages that are not built yet

foot-linked = n = { $linked } linked customers, { $base } customers today
foot-observed = observed 5–95 %: { $observed }
foot-horizon = horizon { $horizon } years, { $rate } a year
foot-ids = ids { $first }–{ $last }, page 10
foot-every = every number: page 10

outcome-retention-contractual = renewal
outcome-retention-again = buying again
outcome-revenue = yearly revenue
outcome-money-margin = yearly margin per customer
outcome-money-revenue = yearly revenue per customer

unit-account = one customer account
unit-account-wave = one customer account in one wave

# Page 1

answer-title-zone = Good enough is { $zone }; we are at { $today }, and closing that gap likely pays
answer-title-if-causal = If the link is causal, good enough is { $zone }; we are at { $today }
answer-title-end = We are at { $today }, and more satisfaction likely still pays at { $observed }, the highest level seen
answer-title-costs-end = We are at { $today }, and { $name } likely still pays at the highest level that was priced
answer-title-hold = Good enough is { $zone }; we are at { $today }, and the next money likely works better elsewhere
answer-title-past = We are at { $today }, likely past good enough ({ $zone })
answer-title-just-past = We are at { $today }, likely at or just past good enough ({ $zone })
answer-title-no-relation-contractual = We are at { $today }; no effect of satisfaction on renewal or money is seen here
answer-title-no-relation-again = We are at { $today }; no effect of satisfaction on buying again is seen here
answer-title-no-money = We are at { $today }; no effect of satisfaction on money is seen here
answer-title-falls = We are at { $today }; money falls as satisfaction rises here: look for a third cause first
answer-title-unclear = We are at { $today }; what satisfaction is worth cannot be told from these data yet
answer-title-too-few = We are at { $today }; with { $linked } linked customers we cannot tell yet what that is worth
answer-title-no-investment = We are at { $today }; more satisfaction goes with more money, but no investment is known
answer-title-unknown = We are at { $today }; for none of the investments can we tell yet whether it pays
answer-deck-zone = { $name }: about { $currency } { $spend } a year gets us there and likely returns **{ $gain }** ({ $range }).
answer-deck-past = Above { $zone } the next { $unit } likely costs more than it brings.
answer-deck-end = Where it stops paying lies outside what was observed.
answer-deck-costs-end = Where it stops paying lies beyond what was priced.
answer-deck-hold = The next money there likely costs more than it brings.
answer-deck-levels = The points show what customers were worth at each step of the scale, with their 90 % ranges.
answer-deck-plain = The curve shows what customers were worth at each level of satisfaction, with its 90 % range.

cell-where = Where we are
cell-worth = What it is worth
cell-next = Where the next money goes
cell-unknown = What we do not know
cell-range = range { $range }
cell-four-waves-ago = In { $wave } it was { $before }.
cell-linked = { $linked } customers are linked to money; { $base } are customers today.
cell-lost-contractual = { $lost } of { $observations } observations ended in a lost customer.
cell-lost-again = { $lost } of { $observations } observations did not buy again.
cell-worth-gain = Likely yearly profit of { $name } at its best level, after cost. Chance of loss { $loss }.
cell-worth-range = { $range } a year
cell-worth-range-slope = { $range }
cell-worth-unknown = With { $linked } linked customers the value of a point cannot be judged.
cell-worth-none = A year per customer and point of satisfaction; the range is { $range }.
cell-worth-no-effect = No effect seen
cell-worth-at-most = at most { $most }
cell-worth-slope = A year per customer and point of satisfaction, on average; at most { $most }.
cell-next-spend = { $spend } a year
cell-next-none = Nowhere yet
cell-next-then = Then { $name } ({ $spend }).
cell-unknown-count = { $count } things
cell-unknown-list = Open: { $things }.

unknown-causal = whether the link is causal
unknown-end = where { $name } stops paying
unknown-few = { $name } ({ $have } of { $need } customers)
unknown-refused = { $name }
unknown-investments = what any investment would return
unknown-silent = { $silent } silent customers
unknown-guards = guards not computed: { $count }

# Page 2

standing-title-up = Satisfaction has risen from { $before } to { $today }
standing-title-down = Satisfaction has fallen from { $before } to { $today }
standing-title-level = Satisfaction is { $today }, about level with { $before } the wave before
standing-title-one = Satisfaction is { $today } on a scale to 100
standing-deck = Index by wave with its 90 % range; beside it what customers say they will do.
standing-sure = { $rate } of the customers of that time answered the last wave. The comparison with the silent is unweighted.
standing-sure-unknown = How many were asked is not known, so the answers may not stand for all customers.
waves-wave = wave
waves-asked = customers
waves-answered = answered
waves-index = index
waves-range = 90 % range
silent-caption = Answered against silent, unweighted
waves-caption = Who answered
silent-variable = last wave
silent-answered = answered
silent-silent = silent
silent-smd = standardised difference
silent-customers = customers
silent-gap = Renewal of those who answered, less renewal of the silent: { $gap }.
silent-gap-open = Renewal of the silent against those who answered: not computed, the window is still open.
silent-not-computed = Answered against silent: not computed.
contacts-apart = Contacts of one customer lie { $apart } points apart on average, over { $count } customers of which several answered.
variable-revenue-before = revenue in the year before
variable-tenure = years as a customer
variable-segment = segment { $segment }
voices-caption = What customers say they will do
voices-name = last wave
voices-index = index
voices-range = 90 % range
unreliable = The items of { $construct } hang together poorly (alpha { $alpha }): read its level with care.

# Page 3

outcomes-deck = What each customer answered, and did in the { $window } months after; unit of analysis: { $unit }.
season = Season not separable: { $quarters } quarters of money, eight needed.
outcomes-few-levels = The scale has few steps: the points are the means of its steps, and no plateau can be named.
outcomes-title-plateau-contractual = Customers renew more up to about { $plateau }, and likely no more above it
outcomes-title-plateau-again = Customers buy again more often up to about { $plateau }, and likely no more above it
outcomes-title-diminishing-contractual = Each point still goes with more renewal, but less: { $below } lower down, { $above } higher up
outcomes-title-diminishing-again = Each point still goes with more buying again, but less: { $below } lower down, { $above } higher up
outcomes-title-linear-contractual = Each point of satisfaction goes with about { $slope } more renewal, up to the highest level seen
outcomes-title-linear-again = Each point of satisfaction goes with about { $slope } more buying again, up to the highest level seen
outcomes-title-no-relation-contractual = No effect of satisfaction on renewal is seen; at most { $slope } per point
outcomes-title-no-relation-again = No effect of satisfaction on buying again is seen; at most { $slope } per point
outcomes-title-convex-contractual = Renewal rises ever faster over { $observed }; no best level lies inside
outcomes-title-convex-again = Buying again rises ever faster over { $observed }; no best level lies inside
outcomes-title-declines-contractual = Renewal rises, then falls again within { $observed }
outcomes-title-declines-again = Buying again rises, then falls again within { $observed }
outcomes-title-too-few = With { $n } linked customers we cannot tell yet whether satisfaction pays
outcomes-title-refused = No curve can be fitted to what { $n } linked customers did; page 10 says why
outcomes-title-falls-contractual = Renewal falls as satisfaction rises over { $observed }; look for a third cause
outcomes-title-falls-again = Buying again falls as satisfaction rises over { $observed }; look for a third cause
outcomes-stepped = The steps do not lie on a straight line: read them one by one.
heading-retention-contractual = Renewed within { $window } months, %
heading-retention-again = Bought again within { $window } months, %
heading-revenue = Change of yearly revenue per customer, %
heading-money-margin = Yearly margin per customer, { $unit }
heading-money-revenue = Yearly revenue per customer, { $unit }
note-slopes = points per point
    lower: { $below }
    higher: { $above }
note-slope = points per point
    { $slope }
end-label = about { $value }
end-range = at { $level } ({ $range })
levels-caption = Means of the steps of the scale
levels-level = satisfaction
levels-kept = kept
levels-kept-range = 90 % range
levels-revenue = revenue change
levels-revenue-range = 90 % range

# The seven verdicts of the rule.
verdict-plateau = For { $outcome }, each further point pays up to about { $plateau } and likely no longer past it.
verdict-diminishing = For { $outcome }, each further point still pays, but less: { $below } per point lower down, { $above } higher up.
verdict-linear = For { $outcome }, no plateau is found inside the observed range; more satisfaction still paid at { $observed }: { $slope } per point.
verdict-no-relation = For { $outcome }, no effect of satisfaction is seen; the data still allow at most { $slope } per point.
verdict-convex = For { $outcome }, each further point pays more than the one before over { $observed }; no best level lies inside.
verdict-declines = For { $outcome }, the curve turns down again within { $observed }.
verdict-too-few = For { $outcome }, { $n } observations are too few to judge a curve.
verdict-none = For { $outcome }, the guard rails allow no curve ({ $n } observations).
verdict-empty = For { $outcome }, no customer has what it takes to compare.
verdict-refused = For { $outcome }, no curve can be fitted to { $n } observations; the warnings on page 10 say why.
verdict-falls = For { $outcome }, it falls as satisfaction rises over { $observed }; look for a third cause before you act.

# Page 4

drivers-title = { $name } likely matters most for satisfaction: { $impact } points per point
drivers-title-shared = { $name } comes first at { $impact } points per point, but its range overlaps the next
drivers-title-unclear = No driver stands out: even { $name } has { $impact } points per point
drivers-title-none = What moves satisfaction cannot be told from these data
drivers-deck = Further right: better today. Further up: matters more. The longer the arms, the less sure.
drivers-none = No driver was asked for or named in the analysis file.
drivers-refused = The drivers were refused: { $subject }.
drivers-refused-too-few = Too few answers for so many drivers: { $subject }.
drivers-refused-aliased = Some drivers repeat each other exactly: { $subject }.
drivers-refused-no-variance = A driver never varies: { $subject }.
drivers-refused-leak = A driver copies the outcome: { $subject }. Leave it out.
drivers-refused-too-many-dropped = Too many answers lack a driver: leave out the one that is missing most.
drivers-refused-not-asked = None was asked every driver: the survey asks them of different customers. Name in the analysis file drivers that are asked together.
drivers-refused-no-drivers = No driver was asked for or named in the analysis file.
drivers-sure = The same customers answered both at one time ({ $n } of { $all } observations with every driver).
drivers-sure-none = No driver could be compared ({ $n } of { $all } observations with every driver).
drivers-not-asked = By its design the survey did not ask every driver in { $count } observations: they are not in the comparison, and nothing of them is missing.
drivers-caption = Effect on satisfaction, points per point of driver
drivers-name = driver
drivers-impact = effect
drivers-range = 90 % range
drivers-level = level today
drivers-share = share of all differences
drivers-inseparable = Cannot be told apart: { $names }. Neither is set to zero; ask about them apart.
drivers-wrong-sign = Sign turns in the joint model: { $names }. Alone the effect is the other way; read it with care.
drivers-operational = Some drivers come from the ledger, not from answers.

# Page 5

investments-title-zone = { $name } likely pays up to { $zone }, and we are at { $today }
investments-title-if-causal = If the link is causal, { $name } pays up to { $zone }; we are at { $today }
investments-title-end = { $name } likely still pays at { $observed }, the highest level seen; we are at { $today }
investments-title-costs-end = { $name } likely still pays at the highest level that was priced; we are at { $today }
investments-title-just-past = { $name } is likely at or just past good enough ({ $zone }); we are at { $today }
investments-title-hold = { $name } is likely good enough at { $zone }, and we are at { $today }
investments-title-past = { $name } has likely gone past good enough ({ $zone }); we are at { $today }
investments-title-unknown = For none of the investments can we tell yet whether more pays; we are at { $today }
investments-title-none = No investment is known yet, so no level can be named beside today ({ $today })
investments-deck = Yearly profit against today if one investment changes and the others stay as they are. All rows share both scales.
investments-more = { $shown } of { $all } investments are shown, the best first; the others stand in document.json.
investments-none-deck = This page shows, row by row, how far each investment pays. It needs to know what they cost.
investments-import = Import the investments (name, driver, yearly and one-off cost, life) with `cam import investments`, and what each level costs with `cam import cost_points`; then write the report again.
head-investment = Investment, by gain per { $unit } spent
head-invest = invest
    a year
head-gain = likely gain
    80 % range
head-loss = chance
    of loss
head-payback = payback
head-grade = grade
if-held-back = if held back

row-zone = Good enough is { $zone }; we are at { $today }.
row-zone-if-causal = If the link is causal, good enough is { $zone }; we are at { $today }.
row-no-zone = No level stands out; the data still allow a gain of { $gain } a year.
row-diminishing = Each further point still pays, but less; it stops covering its cost at about { $range }.
row-plateau = Past a level more satisfaction likely brings no more; it stops covering its cost at about { $range }.
row-cost-bends = Each further point costs more than the one before; it stops covering its cost at about { $range }.
row-stops = It stops covering its cost at about { $range }.
row-costs-end = Still worth it at the highest level that was priced; give the cost of a higher one.
row-just-past = At or just past good enough ({ $zone }); we are at { $today }.
row-end-unknown = Still worth it at the highest level anyone has reached; where it stops we cannot see.
row-hold = Good enough already ({ $zone }); we are at { $today }.
row-hold-more = Hold; the next money likely costs more than it brings.
row-past = Already past good enough ({ $zone }); we are at { $today }.
row-past-more = Do not add.
row-test-size = Test holding back before any cut, with about { $test } customers in each group.
row-test-too-large = A test of holding back needs more customers than there are; hold back unit by unit instead.
row-test-unknown = No cost is known for less of it, so the size of a test of holding back is not computed.
row-no-effect = No effect that we can see.
row-cannot-tell = Cannot tell yet.
row-no-gain = The data allow no gain from spending more.
row-largest-gain = The largest gain that the data still allow is { $gain } a year.
row-refused = Cannot tell yet.
row-below = **{ $customers }** of customers, **{ $revenue }** of revenue still below { $level }
row-waves-left = about { $waves } more waves until it can be judged

refusal-linked-accounts = { $have } linked customers, { $need } needed.
refusal-no-cost-curve = What its levels cost is not known. Import cost points ({ $have } known, { $need } needed).
refusal-cost-not-rising = A higher level must cost more, and at level { $have } it does not. Check its cost points.
refusal-no-driver = No answers or records of what it moves. Ask about it, or name its driver.
refusal-no-relation = No effect of satisfaction on money is seen, so no level pays.
refusal-convex = The curve rises ever faster; no best level lies inside what was observed.
refusal-no-curve = The data allow no curve of money against satisfaction yet.
refusal-today-outside-observed = Today lies outside what was observed with money.
refusal-employee-chain = It moves employees; that chain is not computed.
refusal-guard = A guard rail failed: { $guard }.
refusal-falls = Money falls as satisfaction rises here; look for a third cause first.

# Inside the charts

chart-today = TODAY { $today }
chart-range = range { $range }
chart-index = customer satisfaction index
chart-nobody = nobody
    has been
    here
chart-observed = observed 5–95 %: { $observed }
chart-money = { $unit }
chart-profit = Profit a year against today, { $unit }
chart-good-enough = GOOD ENOUGH
chart-ninety = 90 % range
chart-fifty = 50 % range
chart-likely = most likely
chart-cost = cost, from records
chart-cost-short = what it costs
chart-judged = judged
chart-past = past here the next { $unit }
    likely costs more than it brings
chart-spend = spend a year to get there, { $unit }
chart-driver = level of the driver itself, 0–100
chart-if-causal = if the link is causal
chart-best-range = 80 % range of the best level { $range }
chart-not-visible = best level
    not visible
chart-no-effect = no effect seen
chart-plateau = plateau { $plateau }
chart-plateau-range = plateau { $plateau }
chart-cannot-tell = cannot tell yet
chart-progress = { $have } of { $need }
chart-customers = customers
chart-groups = ten equal groups of
    customers, 90 % range
chart-levels = means of the steps
    of the scale, 90 % range
chart-satisfaction = Customer satisfaction, index 0–100
chart-loyalty = Loyalty
chart-recommendation = Recommendation
chart-repurchase = Repurchase
chart-n = n { $n }
chart-effect = Points of satisfaction per point of driver
chart-level = level of the driver today, index 0–100
chart-arms = arms of each cross: 90 % ranges
chart-first = matters much, low: first
chart-keep = matters much, high: keep
chart-watch = matters little, low: watch
chart-enough = matters little, high: enough

alt-answer-title = Profit a year by level of satisfaction, { $name }
alt-answer = { $verdict } Today is { $today }. Likely gain { $gain }.
alt-waves-title = Customer satisfaction index by wave
alt-waves = The index of each wave with its 90 % range; the last is { $today }.
alt-outcomes-title = What customers did, by level of satisfaction
alt-outcomes = { $sentence } Today is { $today }; outside { $observed } nobody has been.
alt-priorities-title = Effect of each driver on satisfaction by its level today
alt-priorities = { $sentence } Each cross shows a driver with 90 % ranges both ways.
alt-investments-title = How good is good enough, investment by investment
alt-investments = Today is { $today }. { $rows }

# How sure, by grade

sure-A = Rolled out by lot over { $linked } linked customers and { $quarters } quarters.
sure-B = Before and after against a comparison group; { $linked } linked customers over { $quarters } quarters.
sure-C = The same customers over time: { $linked } linked customers, { $quarters } quarters, adjusted; not yet tested.
sure-D = Customers compared with each other ({ $linked } linked); something else may lie behind.
sure-E = { $linked } linked customers over { $quarters } quarters do not tell worth it from not worth it.
sure-failed = A guard rail failed: { $guard }.
sure-open = Guards not computed: { $count }.
sure-lowest = A grade is the lowest of its links.
sure-lost = Lost: { $lost } of { $observations }.

# What to do

todo-spend = Put { $spend } a year into { $name }.
todo-spend-test = Test { $name } on some customers before spending { $spend } a year.
todo-test = Test holding back first: { $names }.
todo-wait = Wait for data: { $names }.
todo-hold = Hold what we do; ask again next quarter.
todo-import-investments = Import what we spend and on what, so that each investment can be judged.
todo-no-relation = Do not spend on satisfaction for its own sake here; look for what does keep customers.
todo-no-money = Keep customers satisfied to keep them; link more of them before spending on satisfaction to earn more.
todo-low-first = Raise the customers at the low end first; do not chase points at the top.
todo-test-higher = Test a higher level with part of the customers; the end of the curve is not in sight.
todo-collect = Link more customers ({ $linked } now, 200 needed) and ask again.
todo-see-warnings = See the warnings on page 10, correct the files and write the report again.
todo-falls = Look for what makes satisfied customers bring less before you act on satisfaction.
todo-driver = Improve { $name } first.
todo-driver-unclear = Ask more customers before putting money on one driver.
todo-driver-none = Ask about what customers experience, or name operational drivers in the analysis file.
todo-silent = Reach the silent customers before relying on the index.
todo-ask-again = Ask the same questions again next quarter.

# Page 10

made-title = Every number, with its { $observations } observations and where it comes from
made-deck = Each number in this report leads here. The full curves stand in document.json beside this file.
made-correction = Best levels and gains allow for the error with which the index is measured (reliability { $reliability }): money is fitted to satisfaction freed of it, and gains are summed over satisfaction drawn together likewise. Index, driver table and curves stay as measured.
figures-id = id
figures-what = what
figures-value = value
figures-range = range
figures-level = covers
figures-n = n
figures-unit = unit
figures-grade = grade
figures-source = source
source-answers = answers
source-ledger = ledger
source-curve = fitted curve
source-draws = bootstrap draws
source-investment-file = investment file
source-counts = count
source-rule = rule
source-analysis-file = analysis file
run-caption = The run
run-text-what = what
run-text-value = value
run-survey = survey and version
run-unit = unit of analysis
run-cluster = resampled together
run-cluster-account = all answers of an account
run-cluster-unit = all accounts of a unit
run-draws = bootstrap draws
run-seed = seed
run-errors = standard errors
run-spec = analysis file, SHA-256
run-data = rows read, SHA-256
run-version = program version
exclusions-caption = Where the answers went
exclusions-reason = reason
exclusions-count = responses
exclusions-id = id
excluded-no-account = no customer account
excluded-no-satisfaction = satisfaction not answered
excluded-satisfaction-not-asked = not asked for satisfaction, by the survey's design
excluded-averaged = averaged with another answer of the account
excluded-not-in-ledger = account has no money in the ledger
excluded-window-open = outcome window still open
excluded-retention-unknown = not known whether the customer stayed
excluded-later-wave = money counted after an earlier wave of the same customer
excluded-period-crosses = a period of the account runs across the end of its window
excluded-used = used as observations
excluded-sum = responses that came in
ledger-caption = Imported against official revenue
ledger-period = period
ledger-imported = imported
ledger-official = official
ledger-difference = difference
ledger-share = in per cent
guards-caption = Guard rails
guards-name = guard
guards-text-about = about
guards-value = found
guards-bound = bound
guards-text-held = result
guards-text-cap = best grade left
guard-all = whole report
guard-held = held
guard-failed = failed
guard-linked-accounts = linked customers for a grade
guard-lost-per-term = lost customers per model term (kept ones where these are fewer)
guard-answered-against-silent = renewal gap of the silent, points
guard-today-observed = today inside what was observed
guard-vif = variance inflation
guard-items-agree = questions of the index that run against the others
guard-reconciled = ledger against official total, largest difference as a share
guard-season = quarters, to part season from trend
guard-cost-from-records = cost points that rest on judgement
guard-weighted-for-nonresponse = answers weighted for who did not answer
guard-same-customers-over-time = the same customers compared over time
reasons-caption = Clauses of the verdicts
reasons-outcome = outcome
reasons-text-clause = clause
reasons-value = found
reasons-bound = held against
reasons-text-held = result
clause-observations = observations
clause-distinct-levels = different levels of satisfaction
clause-satisfaction-sd = spread of satisfaction (standard deviation)
clause-sup-f = best kink against a straight line (F)
clause-curvature-p = chance of such a kink on a straight line
clause-slope-low-above-zero = lower end of the slope
clause-median-change-of-slope = change of slope at the kink (median)
clause-right-slope-95-below-share-of-left = slope past the kink (95 % point) against a fifth of that before
clause-excess-slope-95-below-zero = slope past the kink less a fifth of that before (95 % point) against zero
clause-excess-slope-95-without-ceiling = the same without those at 100
clause-kinks-at-top-of-grid = share of draws with the kink at the top
clause-observations-above-kink = observations past the kink
clause-right-slope-95-below-zero = slope past the kink (95 % point) against zero
clause-levels-for-a-kink = levels needed to look for a kink
clause-lack-of-fit-p = chance of such departures from a line
clause-holds = holds
clause-fails = does not hold
warnings-caption = Warnings
warnings-text-code = code
warnings-text-subject = about
warnings-text-message = what was found
questions-caption = Questions in full
questions-text-key = item
questions-text-question = question
batches-caption = Files that were read
batches-text-kind = kind
batches-text-file = file, SHA-256
batches-rows = rows in
batches-applied = rows used
batches-left = left out

# What each figure is

label-today = satisfaction index today
label-linked = linked customers
label-base = customers of the period
label-observations = observations
label-lost-contractual = observations that ended in a lost customer
label-lost-again = observations that did not buy again
label-quarters = quarters with money
label-window = months after the answer
label-within = months in which a customer is kept
label-horizon = years of the horizon
label-rate = yearly discount rate
label-open-guards = guards that are not computed
label-observed = observed satisfaction, 5–95 %
label-gain = { $name }: likely gain a year
label-spend = { $name }: spend a year above today
label-cost-today = { $name }: cost a year today
label-largest-gain = { $name }: largest gain a year still allowed
label-test-size = { $name }: customers in each group of a test
label-rows-shown = Investments shown
label-zone = { $name }: good enough
label-best-level = { $name }: best level
label-loss = { $name }: chance of loss
label-customers-below = { $name }: customers below
label-revenue-below = { $name }: revenue below
label-below-level = { $name }: the level that these are below
label-gain-level = { $name }: level of the likely gain
label-share-at-end = { $name }: draws with the best level at an end
label-impact = { $name }: points of satisfaction per point of driver
label-tick-spend = { $name }: spend a year at a mark
label-tick-driver = { $name }: driver level at a mark
label-driver-today = { $name }: driver level today
label-refusal-have = { $name }: what there is
label-refusal-need = { $name }: what is needed
label-waves-left = { $name }: waves until it can be judged
label-slope = { $outcome }: straight slope per point
label-slope-below = { $outcome }: slope per point, lower part
label-slope-above = { $outcome }: slope per point, upper part
label-plateau = { $outcome }: plateau
label-curve-end = { $outcome }: curve at the observed end
label-group-level = { $outcome }: satisfaction of a group
label-group-mean = { $outcome }: mean of that group
label-observations-of = { $outcome }: observations
label-mean = { $outcome }: mean
label-r-squared = { $outcome }: R-squared of the straight line
label-driver-impact = { $name }: effect on satisfaction
label-driver-level = { $name }: level today
label-driver-share = { $name }: share of all differences
label-driver-vif = { $name }: variance inflation
label-driver-n = observations with every driver
label-driver-all = observations of all
label-driver-not-asked = observations not asked every driver
label-driver-r-squared = satisfaction on its drivers: R-squared
label-wave-index = { $wave }: satisfaction index
label-wave-answered = { $wave }: customers that answered
label-wave-asked = { $wave }: customers at that time
label-wave-loyalty = { $wave }: loyalty
label-wave-recommendation = { $wave }: recommendation
label-wave-repurchase = { $wave }: repurchase
label-wave-before = { $wave }: satisfaction index
label-answered = { $wave }: customers that answered
label-silent = { $wave }: silent customers
label-mean-answered = { $variable }: those who answered
label-mean-silent = { $variable }: the silent
label-smd = { $variable }: standardised difference
label-renewal-gap = renewal, answered less silent
label-alpha = { $construct }: reliability (alpha)
label-contacts-apart = Points between contacts of one customer
label-several-contacts = Customers of which several contacts answered
label-over-waves = { $construct }: agreement over the waves
label-reliability-used = { $construct }: reliability that corrects the optimum
label-answer-rate = share that answered the last wave
label-investments = investments known
label-unknown = things we do not know
label-responses = responses that came in
label-imported = { $period }: imported revenue
label-official = { $period }: official revenue
label-difference = { $period }: difference
label-difference-share = { $period }: difference
label-guard-value = { $guard }: found
label-guard-bound = { $guard }: bound
label-clause-value = { $outcome }, { $clause }: found
label-clause-bound = { $outcome }, { $clause }: bound
label-batch-in = { $name }: rows in
label-batch-applied = { $name }: rows used

unit-index = index points
unit-share = share
unit-change = change
unit-money = a year
unit-ledger = sum
unit-points = points
unit-points-per-point = points per point
unit-share-per-point = per index point
unit-count = count
unit-ratio = number
unit-years = years
unit-months = months

# ---- what a warning is about, and what it says

about-retention = staying a customer
about-revenue-change = change of revenue
about-money = money a year
about-segments = comparison within segments
about-chain = both links together
about-answers = who answered
about-drivers = what moves satisfaction

notice-w-few = Few observations, clusters or events: the result is unstable.
notice-w-vif = The other drivers explain it largely: its share cannot be told apart well.
notice-w-imputed = Missing values were filled with the mean: ranges are too narrow.
notice-w-missing = More than one row in ten was left out for a missing value.
notice-w-asked-unknown = Answers from elsewhere to a survey that leaves questions out: which ones is not known, so that what is empty counts as not answered.
notice-w-influence = Single customers weigh heavily in this result.
notice-w-heteroscedastic = The spread changes along the curve; the ranges allow for it.
notice-w-observational = Seen, not tested.
notice-w-few-levels = The score takes fewer than 20 values: no plateau is named.
notice-w-leverage = One row is fitted exactly; its error is estimated in a simpler way.
notice-w-sign = It falls as satisfaction rises: look for a third cause before you act.
notice-w-ceiling = More than 15 % stand at the top of the scale: the end of the scale can pass for a plateau.
notice-w-reliability = Its questions hang together poorly (alpha below 0.70).
notice-w-redundant = Its questions repeat one another (alpha above 0.95).
notice-w-nonresponse = Those who answered differ from the silent by more than 0.1 standard deviations.
notice-w-cost = Each further point costs less than the one before: check the cost points.
notice-e-no-variance = It never varies: nothing was fitted.
notice-e-aliased = The other drivers repeat it exactly: nothing was fitted.
notice-e-too-few = Too little data: nothing was fitted.
notice-e-too-many = More columns than the method takes: nothing was fitted.
notice-e-separation = It is foretold without error: no finite number exists.
notice-e-leak = It copies the outcome: leave it out.
notice-e-not-finite = A value is no finite number: nothing was fitted.
notice-e-not-binary = An outcome that must be 0 or 1 holds something else.
notice-e-weight = A weight is negative, or all are 0.
notice-e-length = Columns have different lengths.
notice-e-reversed-item = A question runs against the others: declare it as reversed.
notice-e-missing = Too many values are missing: nothing was fitted.
notice-e-not-converged = The calculation did not settle: nothing was fitted.
notice-e-out-of-range = The numbers are too large or too small to calculate with.

# ---- candidate curves

models-caption = All candidate curves
models-outcome = outcome
models-text-model = form
models-parameters = parameters
models-rss = unexplained, above the least
models-weight = share of evidence
model-linear = straight line
model-linear-plateau = line with a plateau
model-broken-line = broken line
model-saturation = exponential saturation
model-hill = Hill curve
model-spline = restricted cubic spline
model-concave = any concave curve
label-model-parameters = { $outcome }, { $model }: parameters
label-model-rss = { $outcome }, { $model }: unexplained above the least
label-model-weight = { $outcome }, { $model }: share of evidence
