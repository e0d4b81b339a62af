# 报告的中文文本。数字已排好；**…** 为粗体。
# 固定用语：证据等级、最优区间、最优点看不到、若该关联为因果、暂不能判断。

not-computed = 未计算
not-comparable = 账期跨越，不可比
cannot-tell = 暂不能判断
hold = 维持
none = –
sample-data = 示例数据
how-sure = 有多大把握
what-to-do = 该做什么
page-of = 第 { $number } 页
all-figures = 本报告的全部数字

grade-A = 已做对照试验
grade-B = 前后与对照比较，较强
grade-C = 有关联，未证实因果
grade-D = 同时出现，未证实因果
grade-E = 数据不足，暂不能判断

name-1 = 结论
name-2 = 现状
name-3 = 满意度在这里有没有回报
name-4 = 哪些因素影响满意度
name-5 = 每项投资，满意度做到多少分才够好
name-5b = 要划算，须满足什么
name-6 = 下一笔钱
name-7 = 我们的员工
name-8 = 承诺的兑现
name-9 = 还不知道什么，什么会改变判断
name-10 = 数字的来历
pending-title = 尚未完成的页面

foot-linked = n = { $linked } 家已关联客户，现有客户 { $base } 家
foot-observed = 已观测 5–95%：{ $observed } 分
foot-horizon = 期限 { $horizon } 年，折现率 { $rate }
foot-ids = 编号 { $first }–{ $last }，见第 10 页
foot-every = 所有数字见第 10 页

outcome-retention-contractual = 续约
outcome-retention-again = 再次购买
outcome-revenue = 年收入
outcome-money-margin = 每家客户的年毛利
outcome-money-revenue = 每家客户的年收入

unit-account = 一家客户
unit-account-wave = 一家客户在一次调查中

# 第 1 页

answer-title-zone = 做到 { $zone } 分才够好，现为 { $today } 分；补上这段差距很可能划算
answer-title-if-causal = 若该关联为因果，{ $zone } 分才够好，现为 { $today } 分
answer-title-end = 现为 { $today } 分；到已观测到的最高 { $observed } 分，提高满意度很可能仍然划算
answer-title-costs-end = 现为 { $today } 分；{ $name }到已有成本的最高水平很可能仍然划算
answer-title-hold = { $zone } 分已够好，现为 { $today } 分；下一笔钱投向别处很可能更好
answer-title-past = 现为 { $today } 分，很可能已超过最优区间（{ $zone } 分）
answer-title-just-past = 现为 { $today } 分，很可能刚到或略超过最优区间（{ $zone } 分）
answer-title-no-relation-contractual = 现为 { $today } 分；看不出满意度对续约和金额有影响
answer-title-no-relation-again = 现为 { $today } 分；看不出满意度对再次购买有影响
answer-title-no-money = 现为 { $today } 分；看不出满意度对金额有影响
answer-title-falls = 现为 { $today } 分；满意度越高金额反而越低：须先找第三个原因
answer-title-unclear = 现为 { $today } 分；从这些数据还看不出满意度值多少
answer-title-too-few = 现为 { $today } 分；仅关联 { $linked } 家客户，值多少暂不能判断
answer-title-no-investment = 现为 { $today } 分；满意度与金额同向变化，但尚无投资资料
answer-title-unknown = 现为 { $today } 分；各项投资是否划算都暂不能判断
answer-deck-zone = { $name }：每年约投入 { $spend }（{ $currency }）可以达到，很可能带来 **{ $gain }**（{ $range }）。
answer-deck-past = 超过 { $zone } 分，再投一{ $unit }很可能得不偿失。
answer-deck-end = 到何处为止，在已观测范围之外。
answer-deck-costs-end = 到哪里不再划算，超出了已有成本的范围。
answer-deck-hold = 在那里再投入，很可能得不偿失。
answer-deck-levels = 各点是量表每一级上客户的价值，带 90% 范围。
answer-deck-plain = 曲线是各满意度水平上每家客户的价值，带 90% 范围。

cell-where = 我们在哪里
cell-worth = 值多少
cell-next = 下一笔钱投向哪里
cell-unknown = 还不知道什么
cell-range = 范围 { $range }
cell-four-waves-ago = { $wave }为 { $before }。
cell-linked = { $linked } 家客户已与金额关联；现有客户 { $base } 家。
cell-lost-contractual = { $observations } 个观测中 { $lost } 个以客户流失告终。
cell-lost-again = { $observations } 个观测中 { $lost } 个没有再次购买。
cell-worth-gain = { $name }在最佳水平、扣除成本后可能的年利润；亏损概率 { $loss }。
cell-worth-range = 每年 { $range }
cell-worth-range-slope = { $range }
cell-worth-unknown = 仅关联 { $linked } 家客户，每一分值多少暂不能判断。
cell-worth-none = 每家客户、每一分、每年；范围为 { $range }。
cell-worth-no-effect = 看不出影响
cell-worth-at-most = 至多 { $most }
cell-worth-slope = 平均每家客户、每提高一分、每年；至多 { $most }。
cell-next-spend = 每年 { $spend }
cell-next-none = 暂无
cell-next-then = 其次是{ $name }（{ $spend }）。
cell-unknown-count = { $count } 件事
cell-unknown-list = 尚不清楚：{ $things }。

unknown-causal = 关联是否为因果
unknown-end = { $name }做到何处为止
unknown-few = { $name }（已有 { $have } 家，需 { $need } 家）
unknown-refused = { $name }
unknown-investments = 各项投资的回报
unknown-silent = { $silent } 家未答客户
unknown-guards = { $count } 项未计算的检查

# 第 2 页

standing-title-up = 满意度由 { $before } 升至 { $today }
standing-title-down = 满意度由 { $before } 降至 { $today }
standing-title-level = 满意度为 { $today }，与上次的 { $before } 大致持平
standing-title-one = 满意度为 { $today }，满分 100
standing-deck = 每次调查的指数，带 90% 范围；旁边是客户自己说会怎么做。
standing-sure = 最近一次调查，当时的客户中有 { $rate } 作答；与未答客户的比较未加权。
standing-sure-unknown = 不知道邀请了多少客户，答卷未必代表全体客户。
waves-wave = 调查
waves-asked = 客户数
waves-answered = 已答
waves-index = 指数
waves-range = 90% 范围
silent-caption = 已答与未答客户对比（未加权）
waves-caption = 谁作答了
silent-variable = 最近一次调查
silent-answered = 已答
silent-silent = 未答
silent-smd = 标准化差异
silent-customers = 客户数
silent-gap = 已答客户的续约减去未答客户的续约：{ $gap }。
silent-gap-open = 未答与已答客户的续约对比：未计算，窗口尚未结束。
silent-not-computed = 已答与未答客户对比：未计算。
contacts-apart = 同一客户的不同联系人平均相差 { $apart } 分（{ $count } 家有多人作答的客户）。
variable-revenue-before = 此前一年的收入
variable-tenure = 成为客户的年数
variable-segment = 客户类别 { $segment }
voices-caption = 客户自己说会怎么做
voices-name = 最近一次调查
voices-index = 指数
voices-range = 90% 范围
unreliable = { $construct } 的各题彼此不够一致（α { $alpha }）：其水平须谨慎看待。

# 第 3 页

outcomes-deck = 每家客户的回答，以及此后 { $window } 个月里的行为；分析单位：{ $unit }。
season = 无法区分季节：金额只有 { $quarters } 个季度。
outcomes-few-levels = 量表级数少：各点是每一级的平均值，不能判定平台。
outcomes-title-plateau-contractual = 满意度升到约 { $plateau } 分为止，续约随之增加；再往上很可能不再增加
outcomes-title-plateau-again = 满意度升到约 { $plateau } 分为止，再次购买随之增加；再往上很可能不再增加
outcomes-title-diminishing-contractual = 每提高一分续约仍增加，但递减：低处 { $below }，高处 { $above }
outcomes-title-diminishing-again = 每提高一分再次购买仍增加，但递减：低处 { $below }，高处 { $above }
outcomes-title-linear-contractual = 每提高一分，续约约多 { $slope }，直到已观测到的最高水平
outcomes-title-linear-again = 每提高一分，再次购买约多 { $slope }，直到已观测到的最高水平
outcomes-title-no-relation-contractual = 看不出满意度对续约有影响；每一分至多 { $slope }
outcomes-title-no-relation-again = 看不出满意度对再次购买有影响；每一分至多 { $slope }
outcomes-title-convex-contractual = 在 { $observed } 分内续约越升越快；其中没有最佳水平
outcomes-title-convex-again = 在 { $observed } 分内再次购买越升越快；其中没有最佳水平
outcomes-title-declines-contractual = 在 { $observed } 分内续约先升后降
outcomes-title-declines-again = 在 { $observed } 分内再次购买先升后降
outcomes-title-too-few = 仅关联 { $n } 家客户，满意度有没有回报暂不能判断
outcomes-title-refused = { $n } 家已关联客户的行为画不出曲线；原因见第 10 页
outcomes-title-falls-contractual = 在 { $observed } 分内满意度越高续约反而越低；须找第三个原因
outcomes-title-falls-again = 在 { $observed } 分内满意度越高再次购买反而越低；须找第三个原因
outcomes-stepped = 各档均值不在一条直线上，请逐档来看。
heading-retention-contractual = { $window } 个月内续约的比例，%
heading-retention-again = { $window } 个月内再次购买的比例，%
heading-revenue = 每家客户年收入的变化，%
heading-money-margin = 每家客户的年毛利，{ $unit }
heading-money-revenue = 每家客户的年收入，{ $unit }
note-slopes = 每一分的百分点
    低处 { $below }
    高处 { $above }
note-slope = 每一分的百分点
    { $slope }
end-label = 约 { $value }
end-range = 在 { $level } 分（{ $range }）
levels-caption = 量表各级的平均值
levels-level = 满意度
levels-kept = 留住
levels-kept-range = 90% 范围
levels-revenue = 收入变化
levels-revenue-range = 90% 范围

# 判定规则的七种结论。
verdict-plateau = 就{ $outcome }而言，每提高一分都有回报，直到约 { $plateau }分；再往上很可能不再增加。
verdict-diminishing = 就{ $outcome }而言，满意度继续提高仍有回报，但递减：低处每一分 { $below }，高处 { $above }。
verdict-linear = 就{ $outcome }而言，在已观测范围内没有发现平台；到 { $observed } 分，提高满意度仍有回报：每一分 { $slope }。
verdict-no-relation = 就{ $outcome }而言，看不出满意度的影响；数据所允许的至多为每一分 { $slope }。
verdict-convex = 就{ $outcome }而言，在 { $observed } 分内每一分的回报都比前一分大；其中没有最佳水平。
verdict-declines = 就{ $outcome }而言，曲线在 { $observed } 分内又转为下降。
verdict-too-few = 就{ $outcome }而言，{ $n } 个观测太少，不能判断曲线。
verdict-none = 就{ $outcome }而言，按护栏规则不画曲线（{ $n } 个观测）。
verdict-empty = 就{ $outcome }而言，没有客户具备可比的数据。
verdict-refused = 就{ $outcome }而言，{ $n } 个观测画不出曲线；原因见第 10 页的提示。
verdict-falls = 就{ $outcome }而言，在 { $observed } 分内满意度越高反而越低；行动之前先找第三个原因。

# 第 4 页

drivers-title = { $name }对满意度的影响很可能最大：每一分 { $impact }
drivers-title-shared = { $name }以每一分 { $impact } 居首，但其范围与其次者重叠
drivers-title-unclear = 没有突出的因素：即使是{ $name }，也只有每一分 { $impact }
drivers-title-none = 从这些数据看不出什么影响满意度
drivers-deck = 越靠右，当前水平越高；越靠上，影响越大。臂越长，把握越小。
drivers-none = 没有询问任何驱动因素，分析文件里也没有指明。
drivers-refused = 驱动因素未能分析：{ $subject }。
drivers-refused-too-few = 答卷太少，不足以比较这么多因素：{ $subject }。
drivers-refused-aliased = 有的因素彼此完全重复：{ $subject }。
drivers-refused-no-variance = 有的因素从不变化：{ $subject }。
drivers-refused-leak = 有的因素照抄了结果：{ $subject }。请去掉。
drivers-refused-too-many-dropped = 太多答卷缺少某个因素：请去掉缺得最多的一个。
drivers-refused-not-asked = 没有一个观测被问到全部因素：问卷把它们分给了不同的客户。请在分析文件里指明一起询问的因素。
drivers-refused-no-drivers = 没有询问任何驱动因素，分析文件里也没有指明。
drivers-sure = 同一批客户在同一时间回答两者（{ $all } 个观测中 { $n } 个答全）。
drivers-sure-none = 没有可以比较的因素（{ $all } 个观测中 { $n } 个答全）。
drivers-not-asked = 按问卷的设计，有 { $count } 个观测没有被问到全部因素：它们不参与比较，也不算缺失。
drivers-caption = 对满意度的影响：驱动因素每提高 1 分，满意度提高的分数
drivers-name = 驱动因素
drivers-impact = 影响
drivers-range = 90% 范围
drivers-level = 当前水平
drivers-share = 占全部差异的比例
drivers-inseparable = 分不开的因素：{ $names }；两者都不按零处理，下次分开询问。
drivers-wrong-sign = 合在一起时方向反转：{ $names }；单独看方向相反，须谨慎看待。
drivers-operational = 有的因素来自账目，不是来自答卷。

# 第 5 页

investments-title-zone = { $name }很可能做到 { $zone } 分才够好，现为 { $today } 分
investments-title-if-causal = 若该关联为因果，{ $name }做到 { $zone } 分才够好，现为 { $today } 分
investments-title-end = { $name }到已观测到的最高 { $observed } 分很可能仍然划算，现为 { $today } 分
investments-title-costs-end = { $name }到已有成本的最高水平很可能仍然划算，现为 { $today } 分
investments-title-just-past = { $name }很可能刚到或略超过最优区间（{ $zone } 分），现为 { $today } 分
investments-title-hold = { $name }在 { $zone } 分很可能已够好，现为 { $today } 分
investments-title-past = { $name }很可能已超过最优区间（{ $zone } 分），现为 { $today } 分
investments-title-unknown = 各项投资再增加是否划算都暂不能判断；现为 { $today } 分
investments-title-none = 尚无投资资料，除现状（{ $today } 分）外不能指出任何水平
investments-deck = 只改变一项投资、其余保持现状时，与今天相比的年利润。各行共用同一横轴与纵轴刻度。
investments-more = 共 { $all } 项投资，这里显示最好的 { $shown } 项；其余见 document.json。
investments-none-deck = 本页逐行说明每项投资做到多少分才划算，这需要知道它们的成本。
investments-import = 请用 `cam import investments` 导入各项投资（名称、驱动因素、每年与一次性成本、年限），用 `cam import cost_points` 导入各水平的成本，然后重新生成报告。
head-investment = 投资项目（按每{ $unit }投入的收益排序）
head-invest = 每年
    投入
head-gain = 可能收益
    80% 范围
head-loss = 亏损
    概率
head-payback = 回收期
head-grade = 等级
if-held-back = 若缩减

row-zone = 做到 { $zone } 分才够好，现为 { $today } 分。
row-zone-if-causal = 若该关联为因果，{ $zone } 分才够好，现为 { $today } 分。
row-no-zone = 没有突出的水平；数据所允许的年收益至多为 { $gain }。
row-diminishing = 满意度继续提高仍有回报，但递减；约 { $range } 分时不再抵得上投入。
row-plateau = 到某一水平后，提高满意度很可能不再带来更多；约 { $range } 分时不再抵得上投入。
row-cost-bends = 每一分都比前一分更贵；约 { $range } 分时不再抵得上投入。
row-stops = 约 { $range } 分时不再抵得上投入。
row-costs-end = 到已有成本的最高水平仍然划算；请给出更高水平的成本。
row-just-past = 刚到或略超过最优区间（{ $zone } 分），现为 { $today } 分。
row-end-unknown = 在已观测到的最高水平仍然划算，终点尚看不到。
row-hold = 已够好（{ $zone } 分），现为 { $today } 分。
row-hold-more = 维持；再投入很可能得不偿失。
row-past = 已超过最优区间（{ $zone } 分），现为 { $today } 分。
row-past-more = 不宜追加。
row-test-size = 削减前先做缩减试验：每组约 { $test } 家。
row-test-too-large = 缩减试验所需客户比现有的还多；改用分门店、分期缩减。
row-test-unknown = 没有更低投入的成本数据，缩减试验所需客户数未计算。
row-no-effect = 看不出效果。
row-cannot-tell = 暂不能判断。
row-no-gain = 数据不支持再追加投入会有收益。
row-largest-gain = 数据所允许的最大年收益为 { $gain }。
row-refused = 暂不能判断。
row-below = **{ $customers }** 的客户、**{ $revenue }** 的收入仍低于 { $level } 分
row-waves-left = 约再测 { $waves } 次即可判断

refusal-linked-accounts = 已关联客户 { $have } 家，需 { $need } 家。
refusal-no-cost-curve = 不知道各水平的成本。请导入成本点（已有 { $have } 个，需 { $need } 个）。
refusal-cost-not-rising = 水平越高成本应越高，而在 { $have } 分处并非如此。请核对成本点。
refusal-no-driver = 没有它所改变之事的答卷或记录。请询问，或指明驱动因素。
refusal-no-relation = 看不出满意度对金额的影响，因此没有划算的水平。
refusal-convex = 曲线越升越快；已观测范围内没有最佳水平。
refusal-no-curve = 数据尚不足以画出金额随满意度变化的曲线。
refusal-today-outside-observed = 今天的水平在有金额数据的观测范围之外。
refusal-employee-chain = 它面向员工；这条链未计算。
refusal-guard = 有一条护栏规则未通过：{ $guard }。
refusal-falls = 满意度越高金额反而越低；须先找第三个原因。

# 图中文字

chart-today = 今天 { $today }
chart-range = 范围 { $range }
chart-index = 客户满意度指数（分）
chart-nobody = 尚无
    客户
    到过
chart-observed = 已观测 5–95%：{ $observed } 分
chart-money = { $unit }
chart-profit = 与今天相比的年利润，{ $unit }
chart-good-enough = 最优区间
chart-ninety = 90% 范围
chart-fifty = 50% 范围
chart-likely = 最可能
chart-cost = 成本，有账可查
chart-cost-short = 成本
chart-judged = 估算
chart-past = 过此处，再投一{ $unit }
    很可能得不偿失
chart-spend = 到达该分所需年投入，{ $unit }
chart-driver = 驱动因素自身得分，0–100
chart-if-causal = 若该关联为因果
chart-best-range = 最优分数的 80% 范围 { $range }
chart-not-visible = 最优点
    看不到
chart-no-effect = 看不出效果
chart-plateau = 平台 { $plateau }
chart-plateau-range = 平台 { $plateau }
chart-cannot-tell = 暂不能判断
chart-progress = { $have } / { $need }
chart-customers = 客户分布
chart-groups = 客户分为十等份，
    90% 范围
chart-levels = 量表各级的平均值，
    90% 范围
chart-satisfaction = 客户满意度，指数 0–100
chart-loyalty = 忠诚
chart-recommendation = 推荐
chart-repurchase = 再购
chart-n = n { $n }
chart-effect = 驱动因素每提高 1 分，满意度提高的分数
chart-level = 驱动因素当前水平，指数 0–100
chart-arms = 十字臂长：90% 范围
chart-first = 影响大、水平低：优先
chart-keep = 影响大、水平高：保持
chart-watch = 影响小、水平低：观察
chart-enough = 影响小、水平高：足够

alt-answer-title = 各满意度水平上的年利润，{ $name }
alt-answer = { $verdict }今天 { $today }。可能收益 { $gain }。
alt-waves-title = 历次调查的客户满意度指数
alt-waves = 每次调查的指数，带 90% 范围；最近一次为 { $today }。
alt-outcomes-title = 各满意度水平上客户的行为
alt-outcomes = { $sentence }今天 { $today }；{ $observed } 分之外尚无客户到过。
alt-priorities-title = 各驱动因素对满意度的影响与其当前水平
alt-priorities = { $sentence }。每个十字是一个驱动因素，两个方向都带 90% 范围。
alt-investments-title = 每项投资，满意度做到多少分才够好
alt-investments = 今天 { $today }。{ $rows }

# 把握，按等级

sure-A = 抽签分批推行，{ $linked } 家已关联客户，{ $quarters } 个季度。
sure-B = 前后比较并有对照组；{ $linked } 家已关联客户，{ $quarters } 个季度。
sure-C = 同一批客户的前后变化：{ $linked } 家已关联客户、{ $quarters } 个季度，已调整；尚未做试验。
sure-D = 客户之间的比较（已关联 { $linked } 家）；两者背后可能另有原因。
sure-E = { $linked } 家已关联客户、{ $quarters } 个季度，分不清划算还是不划算。
sure-failed = 一条护栏规则未通过：{ $guard }。
sure-open = 尚未计算的护栏规则：{ $count } 条。
sure-lowest = 等级取各环节中最低者。
sure-lost = { $observations } 个观测中流失 { $lost } 个。

# 该做什么

todo-spend = 每年投入 { $spend }用于{ $name }。
todo-spend-test = 先在部分客户中试行{ $name }，再决定是否每年投入 { $spend }。
todo-test = 削减前先做缩减试验：{ $names }。
todo-wait = 等待更多数据：{ $names }。
todo-hold = 维持现状，下个季度再测。
todo-import-investments = 请导入花了多少钱、花在哪里，以便逐项判断。
todo-no-relation = 在这里不要为满意度本身花钱；去找真正留住客户的因素。
todo-no-money = 为留住客户而保持满意；为增收而投入之前，先关联更多客户。
todo-low-first = 先提高低分客户，不必追求高分段。
todo-test-higher = 在部分客户中试行更高水平；曲线的终点尚看不到。
todo-collect = 关联更多客户（现有 { $linked } 家，需 200 家）后再测。
todo-see-warnings = 请看第 10 页的提示，更正文件后重写报告。
todo-falls = 就满意度采取行动之前，先找出为什么满意的客户反而带来更少。
todo-driver = 先改善{ $name }。
todo-driver-unclear = 先多问一些客户，再决定投向哪个因素。
todo-driver-none = 请询问客户的具体体验，或在分析文件里指明运营因素。
todo-silent = 先接触未答客户，再依据该指数。
todo-ask-again = 下个季度用同样的问题再测。

# 第 10 页

made-title = 全部数字及其来历，共 { $observations } 个观测
made-deck = 本报告的每个数字都指向这里；完整曲线见同目录下的 document.json。
made-correction = 最佳水平与收益已考虑指数的测量误差（信度 { $reliability }）：金额按去除误差后的满意度拟合，收益也按同样收拢的满意度加总；指数、因素表和曲线保持实测。
figures-id = 编号
figures-what = 含义
figures-value = 数值
figures-range = 范围
figures-level = 覆盖
figures-n = n
figures-unit = 单位
figures-grade = 等级
figures-source = 来源
source-answers = 答卷
source-ledger = 账目
source-curve = 拟合曲线
source-draws = 自助抽样
source-investment-file = 投资文件
source-counts = 计数
source-rule = 规则
source-analysis-file = 分析文件
run-caption = 本次运行
run-text-what = 项目
run-text-value = 内容
run-survey = 问卷与版本
run-unit = 分析单位
run-cluster = 一同重抽样
run-cluster-account = 同一客户的历次回答
run-cluster-unit = 同一单位的所有客户
run-draws = 抽样次数
run-seed = 随机种子
run-errors = 标准误
run-spec = 分析文件 SHA-256
run-data = 所读数据 SHA-256
run-version = 程序版本
exclusions-caption = 答卷的去向
exclusions-reason = 原因
exclusions-count = 答卷数
exclusions-id = 编号
excluded-no-account = 没有对应的客户
excluded-no-satisfaction = 没有回答满意度
excluded-satisfaction-not-asked = 按问卷的设计未询问满意度
excluded-averaged = 与同一客户的其他答卷平均
excluded-not-in-ledger = 客户在账目中没有金额
excluded-window-open = 结果窗口尚未结束
excluded-retention-unknown = 不知道客户是否留下
excluded-later-wave = 同一客户更早一次调查之后的金额已计入
excluded-period-crosses = 该客户有一个账期跨越结果窗口的终点
excluded-used = 用作观测
excluded-sum = 收到的答卷
ledger-caption = 导入收入与官方收入
ledger-period = 期间
ledger-imported = 导入
ledger-official = 官方
ledger-difference = 差额
ledger-share = 百分比
guards-caption = 护栏规则
guards-name = 规则
guards-text-about = 对象
guards-value = 实际
guards-bound = 界限
guards-text-held = 结果
guards-text-cap = 最高可得等级
guard-all = 整份报告
guard-held = 通过
guard-failed = 未通过
guard-linked-accounts = 评级所需的已关联客户
guard-lost-per-term = 每个模型项的流失客户（留存者更少时按留存者计）
guard-answered-against-silent = 未答客户的续约差距（百分点）
guard-today-observed = 今天的水平在已观测范围之内
guard-vif = 方差膨胀
guard-items-agree = 指数中与其他题方向相反的题数
guard-reconciled = 账目与官方总额的最大差额（占比）
guard-season = 区分季节与趋势所需的季度数
guard-cost-from-records = 凭判断给出的成本点
guard-weighted-for-nonresponse = 按未答情况加权
guard-same-customers-over-time = 同一批客户的前后比较
reasons-caption = 结论的各条依据
reasons-outcome = 结果
reasons-text-clause = 条款
reasons-value = 实际
reasons-bound = 界限
reasons-text-held = 判定
clause-observations = 观测数
clause-distinct-levels = 满意度的不同取值
clause-satisfaction-sd = 满意度的离散程度（标准差）
clause-sup-f = 最佳折点与直线之比（F）
clause-curvature-p = 直线情形下出现此折点的概率
clause-slope-low-above-zero = 斜率下限
clause-median-change-of-slope = 折点处斜率变化（中位数）
clause-right-slope-95-below-share-of-left = 折点后斜率（95% 分位）与折点前五分之一相比
clause-excess-slope-95-below-zero = 折点后斜率减去折点前五分之一（95% 分位）与零相比
clause-excess-slope-95-without-ceiling = 同上，不计 100 分者
clause-kinks-at-top-of-grid = 折点落在顶端的抽样比例
clause-observations-above-kink = 折点以上的观测数
clause-right-slope-95-below-zero = 折点后斜率（95% 分位）与零相比
clause-levels-for-a-kink = 寻找折点所需的取值数
clause-lack-of-fit-p = 如此偏离直线的概率
clause-holds = 成立
clause-fails = 不成立
warnings-caption = 警示
warnings-text-code = 代码
warnings-text-subject = 对象
warnings-text-message = 发现了什么
questions-caption = 问题全文
questions-text-key = 题目
questions-text-question = 问题
batches-caption = 所读文件
batches-text-kind = 类别
batches-text-file = 文件 SHA-256
batches-rows = 读入行数
batches-applied = 采用行数
batches-left = 未用

# 每个数字的含义

label-today = 今天的满意度指数
label-linked = 已关联客户
label-base = 本期客户
label-observations = 观测数
label-lost-contractual = 以客户流失告终的观测
label-lost-again = 没有再次购买的观测
label-quarters = 有金额的季度
label-window = 回答之后的月数
label-within = 判定客户留下的月数
label-horizon = 期限（年）
label-rate = 年折现率
label-open-guards = 未计算的护栏规则
label-observed = 已观测的满意度，5–95%
label-gain = { $name }：可能的年收益
label-spend = { $name }：比今天多的年投入
label-cost-today = { $name }：今天的年成本
label-largest-gain = { $name }：数据所允许的最大年收益
label-test-size = { $name }：缩减试验每组客户数
label-rows-shown = 显示的投资数
label-zone = { $name }：最优区间
label-best-level = { $name }：最佳水平
label-loss = { $name }：亏损概率
label-customers-below = { $name }：仍低于的客户
label-revenue-below = { $name }：仍低于的收入
label-below-level = { $name }：上两项所指的水平
label-gain-level = { $name }：可能收益所在的水平
label-share-at-end = { $name }：最佳水平落在端点的抽样
label-impact = { $name }：驱动因素每一分的满意度
label-tick-spend = { $name }：刻度处的年投入
label-tick-driver = { $name }：刻度处的因素得分
label-driver-today = { $name }：今天的因素得分
label-refusal-have = { $name }：已有
label-refusal-need = { $name }：所需
label-waves-left = { $name }：还需调查的次数
label-slope = { $outcome }：每一分的直线斜率
label-slope-below = { $outcome }：低处每一分的斜率
label-slope-above = { $outcome }：高处每一分的斜率
label-plateau = { $outcome }：平台
label-curve-end = { $outcome }：曲线在已观测端点的值
label-group-level = { $outcome }：一组客户的满意度
label-group-mean = { $outcome }：该组的平均值
label-observations-of = { $outcome }：观测数
label-mean = { $outcome }：平均值
label-r-squared = { $outcome }：直线的 R 平方
label-driver-impact = { $name }：对满意度的影响
label-driver-level = { $name }：当前水平
label-driver-share = { $name }：占全部差异的比例
label-driver-vif = { $name }：方差膨胀
label-driver-n = 各因素都作答的观测
label-driver-all = 全部观测
label-driver-not-asked = 未被问到全部因素的观测
label-driver-r-squared = 满意度对各因素：R 平方
label-wave-index = { $wave }：满意度指数
label-wave-answered = { $wave }：作答客户
label-wave-asked = { $wave }：当时的客户
label-wave-loyalty = { $wave }：忠诚
label-wave-recommendation = { $wave }：推荐
label-wave-repurchase = { $wave }：再购
label-wave-before = { $wave }：满意度指数
label-answered = { $wave }：作答客户
label-silent = { $wave }：未答客户
label-mean-answered = { $variable }：已答客户
label-mean-silent = { $variable }：未答客户
label-smd = { $variable }：标准化差异
label-renewal-gap = 续约：已答减未答
label-alpha = { $construct }：信度（α）
label-contacts-apart = 同一客户不同联系人相差的分数
label-several-contacts = 有多人作答的客户
label-over-waves = { $construct }：历次调查的一致程度
label-reliability-used = { $construct }：用于修正的信度
label-answer-rate = 最近一次调查的作答比例
label-investments = 已知的投资
label-unknown = 还不知道的事
label-responses = 收到的答卷
label-imported = { $period }：导入收入
label-official = { $period }：官方收入
label-difference = { $period }：差额
label-difference-share = { $period }：差额百分比
label-guard-value = { $guard }：实际
label-guard-bound = { $guard }：界限
label-clause-value = { $outcome }，{ $clause }：实际
label-clause-bound = { $outcome }，{ $clause }：界限
label-batch-in = { $name }：读入行数
label-batch-applied = { $name }：采用行数

unit-index = 分
unit-share = 比例
unit-change = 变化
unit-money = 每年
unit-ledger = 合计
unit-points = 百分点
unit-points-per-point = 每一分
unit-share-per-point = 每一分
unit-count = 个数
unit-ratio = 数值
unit-years = 年
unit-months = 月

# ---- 提示所指的对象与内容

about-retention = 是否续约
about-revenue-change = 收入变化
about-money = 每年金额
about-segments = 组内比较
about-chain = 两段关联合并
about-answers = 谁作了答
about-drivers = 什么影响满意度

notice-w-few = 观测、群组或事件太少：结果不稳定。
notice-w-vif = 其他因素几乎能解释它：难以分清各自的份额。
notice-w-imputed = 缺失值以均值填补：范围偏窄。
notice-w-missing = 超过十分之一的行因缺失值未用。
notice-w-asked-unknown = 有的答卷来自别处，而问卷会略去部分题目：略去了哪些无从知道，空着的按未回答计。
notice-w-influence = 个别客户对结果影响很大。
notice-w-heteroscedastic = 离散程度沿曲线变化；范围已考虑这一点。
notice-w-observational = 只是观察，未经对照试验。
notice-w-few-levels = 评分不足 20 个取值：不指出平台。
notice-w-leverage = 有一行被完全拟合，其误差改用较简单的估计。
notice-w-sign = 满意度越高反而越低：行动之前先找第三个原因。
notice-w-ceiling = 超过 15% 的人给了最高分：量表到顶可能看似平台。
notice-w-reliability = 各题彼此不够一致（α 低于 0.70）。
notice-w-redundant = 各题彼此重复（α 高于 0.95）。
notice-w-nonresponse = 已答与未答客户相差超过 0.1 个标准差。
notice-w-cost = 每多一分反而更便宜：请核对成本点。
notice-e-no-variance = 取值从不变化：未作拟合。
notice-e-aliased = 与其他因素完全重复：未作拟合。
notice-e-too-few = 数据太少：未作拟合。
notice-e-too-many = 列数超出方法所能处理：未作拟合。
notice-e-separation = 结果可被毫无误差地预测：不存在有限的数值。
notice-e-leak = 它照抄了结果：请去掉。
notice-e-not-finite = 有的数值不是有限数：未作拟合。
notice-e-not-binary = 应为 0 或 1 的结果出现了别的值。
notice-e-weight = 有的权重为负，或全部为 0。
notice-e-length = 各列长度不同。
notice-e-reversed-item = 有一题与其他题方向相反：请标明反向。
notice-e-missing = 缺失太多：未作拟合。
notice-e-not-converged = 计算未能收敛：未作拟合。
notice-e-out-of-range = 数值过大或过小，无法计算。

# ---- 候选曲线

models-caption = 全部候选曲线
models-outcome = 结果
models-text-model = 形式
models-parameters = 参数个数
models-rss = 未解释部分，高出最少者
models-weight = 证据份额
model-linear = 直线
model-linear-plateau = 带平台的直线
model-broken-line = 折线
model-saturation = 指数饱和
model-hill = 希尔曲线
model-spline = 限制性三次样条
model-concave = 任意凹曲线
label-model-parameters = { $outcome }，{ $model }：参数个数
label-model-rss = { $outcome }，{ $model }：未解释部分高出最少者
label-model-weight = { $outcome }，{ $model }：证据份额
