# 答题页面的文字。**…** 为粗体。

question-of = 第 { $number } 题，共 { $of } 题
error-title = 有误：{ $title }
back = 上一题
skip = 跳过这题
save = 保存并继续
save-picked = 保存 { $answer } 分并继续
save-shown = 保存并继续
keep = 保留这个回答
remove = 删除这个回答
change = 修改
answer = 回答
one-tap = 点一下即保存。
one-tap-until = 点一下即保存，{ $date }前都可以修改。
saved-mark = 已保存：**{ $answer }**。点选其他答案即可修改。
picked-in-mail = 您在邮件里选了 **{ $answer }** 分，还没有保存。请在这里确认，或点选其他分数。
not-saved = 刚才没有保存成功。您的回答还在本页，请再点一次“保存”。
answered-in-group = 这一组里已回答
end = { $step } = { $word }
low = 一点也不
high = 非常
nps-low = 完全不可能
nps-high = 非常可能
choose-several = 可选多项。
private = 请不要写人名或私人信息。
up-to =
    最多 { $most } 字，几个字也可以。
number-hint = 例如 { $example }
date-hint = 例如 2027、4、14
year = 年
month = 月
day = 日
rank-1 = 哪一项排第一？
rank-2 = 哪一项排第二？
rank-3 = 哪一项排第三？
rank-4 = 哪一项排第四？
rank-5 = 哪一项排第五？
rank-n = 哪一项排第 { $place }？
rank-place = 第 { $place } 位
rank-so-far = 您目前的排序
rank-done = 您的排序
rank-again = 重新排序
languages = 语言

errors = 有 { $count } 处需要修改，已填的内容都还在。
fault-required = 这题需要回答：{ $reason }
fault-unknown = 这个答案不在选项里，请选其中一项。
fault-number = 请填数字，例如 { $example }。
fault-date = 请填存在的日期：四位数的年份，以及月和日。
fault-twice = 每一项只能排一个位置。
fault-long = 请不要超过 { $most } 字，现在有 { $count } 字。

shown-of = { $answer } 分（满分 { $high }）
shown-named = { $answer } 分，{ $word }
shown-text = “{ $text }”
shown-skipped = 已跳过
joint = 、
arrow = {" "}→{" "}

named = 您的回答会与贵公司名称一起显示。
confidential = 我们能把回答和您对应起来，但只按群体显示。
anonymous = 即使拿到整个数据库、全部文件和备份，您的上级、人力资源部和系统管理员也无法把回答和您对应起来。

who-link = 谁能看到？
notice-link = 隐私说明
stop-link = 不再接收此类邮件

done-title =
    { $count ->
        [0] 谢谢，没有保存任何回答。
       *[other] 谢谢，您的 { $count } 个回答已保存。
    }
done-until = { $date }前，用同一链接可以随时修改。
done-change = 用同一链接可以随时修改。
what-we-saved = 我们保存的内容
who-sees = 谁能看到
delete = 删除我的回答

delete-title = 删除全部 { $count } 个回答？
delete-text = 删除后无法恢复。
delete-button = 删除全部 { $count } 个回答
delete-keep = 保留我的回答
deleted-title = 您的回答已删除。
deleted-text = 这里没有留下任何内容。调查结束前，用同一链接可以重新作答。

unknown-title = 这个链接打不开问卷。
unknown-text = 调查可能已经结束，或者网址不完整。
unknown-hint = 请从邮件里重新打开链接，或复制完整的网址。
not-saved-title = 刚才没有保存成功。
not-saved-text = 请返回上一页，您的回答还在那里，再点一次“保存”。
not-saved-back = 返回题目
busy-title = 现在作答的人太多。
busy-text = 已保存的内容都还在。请等半分钟，再打开链接。
busy-again = 再试一次
failed-title = 刚才没有成功。
failed-text = 问题出在我们这边，不在您。之前保存的内容都还在，刚才提交的可能没有保存。请等半分钟，再打开链接。
failed-again = 重新打开
too-large-title = 内容太长，一页放不下。
too-large-text = 这次的内容没有保存。请返回上一页，把文字缩短后再提交。
too-large-again = 重新打开页面

stop-title = 不再向 { $address } 发送调查邮件？
stop-text = { $organisation }不会再给您发调查邮件，发票和服务通知照常。
stop-button = 停止调查邮件
stop-keep = 继续接收
stopped-title = 已停止。{ $organisation }不会再给您发调查邮件。
stopped-text = 发票和服务通知照常。
stop-failed-title = 刚才没能停止邮件。
stop-failed-text = 您可能还会收到调查邮件。请重新打开页面，再点一次“停止调查邮件”。
stop-failed-again = 重新打开页面

poll-facts = 共 { $questions } 题，约 { $minutes } 分钟。
poll-facts-until = 共 { $questions } 题，约 { $minutes } 分钟，{ $date }截止。
poll-mark = 匿名
poll-manager = 我的上级能看到什么？
poll-can = 能看到
poll-can-means = 该题至少有 { $k } 人回答的群体的平均分
poll-can-count = 全公司和各个群体有多少人参加、占多大比例（按同一规则）
poll-can-comments = 全公司的意见汇总：至少有 { $comments } 条才显示，并与所有评分分开
poll-cannot = 看不到
poll-cannot-person = 您或任何一个人的回答
poll-cannot-when = 谁参加了、什么时候参加的名单
poll-cannot-phone = 您用的语言或手机
poll-link-used = 系统知道哪些链接已经用过：提醒只发给还没有用过的链接。提交后链接随即失效，而且不会和您的答卷存在一起。
poll-start = 开始作答
poll-gives-up = 为此您要放弃什么
poll-gives-up-pause = 不能中途保存：全部题目在一页，一次提交。
poll-gives-up-change = 提交后不能修改或删除，因为没有人能找到您的那一份。
poll-gives-up-live = 调查结束前没有人能看到分数，也没有人能把同一个人的前后几次答卷连起来。
poll-limits = 这个承诺防不住什么
poll-limits-program = 有人在您作答之前改动了程序。
poll-limits-copies = 有人既留着密封答卷的旧副本，又掌握人力资源部的口令。
poll-limits-crash = 如果您提交的那一刻机器出了故障，您的链接可能还能再用一次，从而多收一份答卷。
poll-limits-style = 留言的写法可能让人认出您。
poll-limits-mail = 邮件服务器的日志记着链接发给了谁、什么时候发的。
poll-limits-network = 公司网络或代理服务器能看到打开本页的地址和时间。
poll-limits-order = 调查进行期间，数据库管理员能看出答卷到达的先后，但看不到里面的内容。
poll-limits-alike = 如果一个群体里几乎人人回答都差不多，平均分就能说明每个人的大致回答；处于量表两端的平均分不显示。如果人人都参加了，也看得出来。
poll-notice = 隐私说明
poll-sealing = 答卷如何密封
poll-decline = 我不参加
poll-note = 匿名。点“提交答卷”之前，任何内容都不会离开这个页面。
poll-see = 该题至少有 { $k } 人回答的群体的平均分，以及按同一规则可以显示的各群体的参加人数。看不到任何一份单独的答卷。
poll-none = 不回答
poll-comment = 请不要写能看出您是谁的内容。
poll-send = 提交答卷
poll-once = 提交后不能修改。跳过的题目留空。
poll-not-saved = 刚才没有收到您的答卷。您选的内容都还在本页，请再点一次“提交答卷”。
sent-title = 已提交。现在没有人能找到您的答卷，我们也不能。
sent-text = 可以关闭本页。本次调查不会再有提醒。
used-title = 这个链接已经用过。
used-text = 已有一份答卷通过它提交。没有人能找到或修改那份答卷，我们也不能。

notice-title = 隐私说明
notice-controller = 谁负责
notice-purpose = 用来做什么
notice-basis = 依据什么收集
notice-money = 您的回答会与什么合在一起
notice-recipients = 谁能看到
notice-retention = 保存多久
notice-rights = 您可以要求我们做什么
notice-return = 返回问卷
